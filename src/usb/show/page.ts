/**
 * The status page for the kiosk's own screen. It listens on loopback only, answers GET and HEAD only, changes nothing, and answers only to
 * the names of loopback: a web page elsewhere that lets its own name lead here (DNS rebinding) learns nothing.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError } from '../../errors.ts';
import { Listeners } from './listeners.ts';
import { script, style } from './page-assets.ts';
import { pageHtml } from './page-html.ts';
import { pageState, type PageState } from './page-state.ts';
import type { Phase } from './phase.ts';

export interface PageSettings {
  /** On 127.0.0.1 and ::1; 0: no page. */
  readonly port: number;
  /** How the node is called; shown. */
  readonly node: string;
}

const addresses = ['127.0.0.1', '::1'];
const maxConnections = 16;
/** Whoever is slower than this is no browser of this machine. */
const limits = {
  maxHeaderSize: 16 * 1024, // cookies of other programs on localhost come along
  headersTimeout: 5000,
  requestTimeout: 5000,
  keepAliveTimeout: 2000,
  connectionsCheckingInterval: 1000,
};
/** Milliseconds between two tries to listen: the first pause; each next one is twice as long, up to the last. */
const firstPauseMs = 1000;
const lastPauseMs = 60_000;

const headers = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** Port as given by whoever forwards it; the name is what counts. */
const loopbackHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

export class Page {
  readonly #node: string;
  readonly #tell: (problem: string) => void;
  readonly #stop = new AbortController();
  readonly #servers: Server[] = [];
  readonly #listeners: Listeners;
  readonly #opening: Promise<void>;
  /** That it cannot listen, for whatever reason. */
  #isTold = false;
  #state: PageState;

  /** Begins to listen. @param tell is told once why it cannot; it is tried again by itself */
  constructor({ port, node }: PageSettings, phase: Phase, tell: (problem: string) => void) {
    this.#node = node;
    this.#tell = tell;
    this.#state = pageState(phase, node);
    this.#listeners = new Listeners(this.#state);
    this.#opening = port === 0 ? Promise.resolve() : this.#open(port);
  }

  /** Returns at once. */
  set(phase: Phase): void {
    this.#state = pageState(phase, this.#node);
    this.#listeners.tell(this.#state);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#listeners.close();
    await this.#opening;
    await Promise.all(this.#servers.map(closeServer));
  }

  async #open(port: number): Promise<void> {
    const { createServer } = await import('node:http'); // without a page it is not needed
    const answer: RequestListener = (request, response) => this.#answer(request, response);
    await Promise.all(
      addresses.map((address) => this.#keepTrying(() => createServer(limits, answer), port, address)),
    );
  }

  async #keepTrying(make: () => Server, port: number, address: string): Promise<void> {
    for (
      let pauseMs = firstPauseMs;
      !this.#stop.signal.aborted;
      pauseMs = Math.min(2 * pauseMs, lastPauseMs)
    ) {
      const server = make();
      server.maxConnections = maxConnections;
      try {
        await listen(server, port, address);
        this.#servers.push(server);
        return;
      } catch (error) {
        if (!isSystemError(error)) throw error;
        if (address === '::1' && isSystemError(error, 'EADDRNOTAVAIL', 'EAFNOSUPPORT')) return; // a machine without IPv6
        if (!this.#isTold) this.#tell(`status page: ${error.message}; it is tried again`);
        this.#isTold = true;
        await sleep(pauseMs, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
      }
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '' } = request;
    if (!loopbackHost.test(request.headers.host ?? ''))
      return refuse(response, 403, 'this page answers to localhost only');
    if (method !== 'GET' && method !== 'HEAD')
      return refuse(response, 405, 'this page can only be looked at');
    const [path] = url.split('?', 1);
    if (path === '/events' && method === 'GET') {
      if (!this.#listeners.add(response, headers)) refuse(response, 503, 'too many listen already');
      return;
    }
    const [type, body] = this.#document(path) ?? [];
    if (type === undefined || body === undefined) return refuse(response, 404, 'no such page');
    response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
    response.end(method === 'HEAD' ? undefined : body);
  }

  #document(path: string | undefined): [type: string, body: string] | undefined {
    switch (path) {
      case '/':
        return ['text/html; charset=utf-8', pageHtml(this.#state)];
      case '/state.json':
        return ['application/json', `${JSON.stringify(this.#state)}\n`];
      case '/events':
        return ['text/event-stream; charset=utf-8', ''];
      case '/style.css':
        return ['text/css; charset=utf-8', style];
      case '/page.js':
        return ['text/javascript; charset=utf-8', script];
      case '/favicon.ico': // browsers ask for it unasked
        return ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'];
      default:
        return undefined;
    }
  }
}

function refuse(response: ServerResponse, status: number, why: string): void {
  const allow = status === 405 ? { Allow: 'GET, HEAD' } : {};
  response.writeHead(status, {
    ...headers,
    ...allow,
    'Content-Type': 'text/plain; charset=utf-8',
    Connection: 'close',
  });
  response.end(`${why}\n`);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true, ipv6Only: true }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
