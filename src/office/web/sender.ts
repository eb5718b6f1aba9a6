/** Where a request comes from, and by which name the page was called. */
import { isIP } from 'node:net';
import { isLoopbackHost, parseListen, type OfficeSettings } from '../settings.ts';
import type { Visit } from './environment.ts';

/** The address of the network that asks: for throttling, not for trust. */
export function senderAddress(visit: Visit, { forwarded }: OfficeSettings): string {
  const peer = visit.env.incoming?.socket.remoteAddress ?? 'unknown';
  if (!forwarded) return peer;
  // The last one was written by our own proxy; those before it by anybody.
  const last = visit.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  return isIP(last) === 0 ? peer : last;
}

/** A program of this machine that came straight, not through a proxy on it. */
export function isFromThisMachine(visit: Visit): boolean {
  const peer = visit.env.incoming?.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const { req } = visit;
  const isForwarded = ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'].some(
    (name) => req.header(name) !== undefined,
  );
  return isLoopbackHost(peer) && !isForwarded && isLoopbackHost(hostName(req.header('host') ?? ''));
}

/** `Host` without its port and brackets; `''` for what is none. */
export function hostName(host: string): string {
  const named = parseListen(host) ?? parseListen(`${host}:80`);
  return named?.host.toLowerCase() ?? '';
}

/**
 * Whether the page was called by one of its names. A page elsewhere that lets its own name lead here (DNS rebinding) is not answered.
 */
export function isOwnHost(host: string, { address, listen }: OfficeSettings): boolean {
  const name = hostName(host);
  if (isLoopbackHost(name)) return true;
  if (address !== '') return host.toLowerCase() === new URL(address).host;
  return name !== '' && name === parseListen(listen)?.host;
}

/**
 * Whether what wants to change something was sent by a page of ours. A browser says where a form stands; what says nothing is no browser
 * of the last years, and is refused. Spec: Fetch Metadata Request Headers; RFC 6454.
 */
export function isFromOwnPage(visit: Visit, { address }: OfficeSettings): boolean {
  const { req } = visit;
  const site = req.header('sec-fetch-site');
  const origin = req.header('origin');
  if (site !== undefined && site !== 'same-origin') return false;
  // Where no referrer is sent, the origin of a form is `null`: the other header has told already.
  if (origin === undefined || origin === 'null') return site === 'same-origin';
  const host = req.header('host')?.toLowerCase() ?? '';
  const isLocal = isLoopbackHost(hostName(host)) || address === '';
  return origin === (isLocal ? `http://${host}` : address);
}
