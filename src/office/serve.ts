/** The office page on its port. Whoever sends slowly, or much, is cut off. */
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { FerrymanError, isSystemError } from '../errors.ts';
import type { OfficeEnv } from './web/environment.ts';
import type { HostAndPort } from './settings.ts';

const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
};
const maxConnections = 256;
/** Requests over one connection. */
const maxRequestsPerSocket = 1000;

export interface Serving {
  /** With the port that the system chose, where 0 was asked for. */
  readonly port: number;
  close(): Promise<void>;
}

/** Returns once it listens. @throws FerrymanError `office.listen` */
export async function serve(app: Hono<OfficeEnv>, { host, port }: HostAndPort): Promise<Serving> {
  const listener = getRequestListener(
    (request, env) => app.fetch(request, { incoming: (env as OfficeEnv['Bindings']).incoming }),
    {
      overrideGlobalObjects: false,
    },
  );
  const server = createServer(limits, (request, response) => void listener(request, response));
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = maxRequestsPerSocket;
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
