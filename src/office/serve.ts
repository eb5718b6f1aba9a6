/** The office page on its port. Whoever sends slowly, or much, is cut off. */
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { FerrymanError, isSystemError } from '../errors.ts';
import type { OfficeEnv } from './web/environment.ts';
import { networkOf } from './access/network-of.ts';
import { isLoopbackHost, type HostAndPort } from './settings.ts';

const limits = {
  maxHeaderSize: 16 * 1024,
  keepAliveTimeout: 5_000,
};
/** In which a request must have been sent, in parts of the time for its headers. */
const wholeRequest = 2;
const maxConnections = 256;
/** Requests over one connection. */
const maxRequestsPerSocket = 1000;

export interface Serving {
  /** With the port that the system chose, where 0 was asked for. */
  readonly port: number;
  close(): Promise<void>;
}

export interface Patience {
  /** A reverse proxy stands before it, and all come from there. */
  readonly forwarded?: boolean;
  /** Connections of one network at a time, so that nobody takes all; programs of this machine have no such limit. */
  readonly perNetwork?: number;
  /** In which the headers of a request must have been sent. */
  readonly headersMs?: number;
  /** Whoever neither sends nor takes anything for so long is cut off. A test alert takes a minute. */
  readonly idleMs?: number;
}

/** Returns once it listens. @throws FerrymanError `office.listen` */
export async function serve(
  app: Hono<OfficeEnv>,
  { host, port }: HostAndPort,
  { forwarded = false, perNetwork = 64, headersMs = 10_000, idleMs = 90_000 }: Patience = {},
): Promise<Serving> {
  const listener = getRequestListener(
    (request, env) => app.fetch(request, { incoming: (env as OfficeEnv['Bindings']).incoming }),
    {
      overrideGlobalObjects: false,
    },
  );
  const times = {
    headersTimeout: headersMs,
    requestTimeout: wholeRequest * headersMs,
    connectionsCheckingInterval: headersMs / 5,
  };
  const server = createServer(
    { ...limits, ...times },
    (request, response) => void listener(request, response),
  );
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = maxRequestsPerSocket;
  server.timeout = idleMs;
  if (!forwarded) shareOut(server, perNetwork);
  await listen(server, { host, port });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function shareOut(server: Server, perNetwork: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const network = networkOf(socket.remoteAddress ?? 'unknown');
    if (isLoopbackHost(network)) return;
    const count = (open.get(network) ?? 0) + 1;
    if (count > perNetwork) {
      socket.destroy();
      return;
    }
    open.set(network, count);
    socket.once('close', () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left === 0) open.delete(network);
      else open.set(network, left);
    });
  });
}

function listen(server: Server, { host, port }: HostAndPort): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const problem = isSystemError(error)
        ? new FerrymanError('office.listen', `${host}:${port}: expected to listen there: ${error.message}`, {
            cause: error,
          })
        : error;
      reject(problem);
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}
