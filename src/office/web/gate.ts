/** What every request passes first: a number, headers that bind the browser, and limits. */
import { randomBytes } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isBehindTls, isLoopbackHost, type OfficeSettings } from '../settings.ts';
import type { Office, OfficeEnv, Visit } from './environment.ts';
import { refusal } from './refusal.ts';
import { hostName, isOwnHost } from './sender.ts';

/** A form with a note is the largest thing that is ever sent. */
export const maxBodyBytes = 64 * 1024;
/** Characters of path and query. */
const maxAddressLength = 4096;

const binding: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};
/** A year. */
const onlyByTls = 'max-age=31536000';

/** Gives each request a number of ours: a number from outside could be anybody's. */
export function numbered(office: Office): MiddlewareHandler<OfficeEnv> {
  return async (visit, next) => {
    visit.set('requestId', randomBytes(6).toString('hex'));
    visit.set('now', office.clock());
    visit.set('user', undefined);
    visit.set('token', '');
    visit.set('isScript', false);
    await next();
    bind(visit, office);
  };
}

function bind(visit: Visit, { settings }: Office): void {
  const { headers } = visit.res;
  for (const [name, value] of Object.entries(binding)) headers.set(name, value);
  headers.set('Referrer-Policy', saysWhereFrom(visit, settings) ? 'no-referrer' : 'same-origin');
  if (isBehindTls(settings)) headers.set('Strict-Transport-Security', onlyByTls);
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  headers.set('X-Request-Id', visit.get('requestId'));
}

/**
 * Without TLS, and not on loopback, a browser does not say by Sec-Fetch-Site where a form stands. There it must be left its origin, which it
 * gives only with a referrer; to other hosts it gives neither. Spec: W3C Referrer Policy; Fetch Metadata Request Headers.
 */
function saysWhereFrom(visit: Visit, settings: OfficeSettings): boolean {
  return isBehindTls(settings) || isLoopbackHost(hostName(visit.req.header('host') ?? ''));
}

export function limited(office: Office): MiddlewareHandler<OfficeEnv> {
  return async (visit, next) => {
    const { method, url } = visit.req;
    if (!['GET', 'HEAD', 'POST'].includes(method)) {
      visit.header('Allow', 'GET, HEAD, POST');
      return refusal(visit, {
        status: 405,
        title: 'This cannot be done here',
        text: `The page knows no ${method}.`,
      });
    }
    const { host, pathname, search, username, password } = new URL(url);
    // A request may name two hosts: in its first line and in `Host`. With a name and a password before it, it is no address of a page.
    if (
      username + password !== '' ||
      ![visit.req.header('host') ?? host, host].every((name) => isOwnHost(name, office.settings))
    )
      return refusal(visit, {
        status: 421,
        title: 'Called by a foreign name',
        text: 'This page answers to its own names only: see office.address in docs/configuration.md.',
      });
    // No name here holds a control character, and PostgreSQL fails at U+0000.
    if (/%(?:[01][0-9a-f]|7f)/i.test(pathname))
      return refusal(visit, {
        status: 404,
        title: 'There is no such page',
        text: 'The address leads nowhere here.',
      });
    if (pathname.length + search.length > maxAddressLength)
      return refusal(visit, {
        status: 414,
        title: 'The address is too long',
        text: 'Ask for less at a time.',
      });
    return next();
  };
}

export const bodiesLimited: MiddlewareHandler<OfficeEnv> = bodyLimit({
  maxSize: maxBodyBytes,
  onError: (visit) =>
    refusal(visit as Visit, { status: 413, title: 'Too much was sent', text: 'A form holds 64 kB at most.' }),
});
