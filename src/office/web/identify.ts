/** Who asks: by the cookie of a session, or with the API by HTTP Basic; and what is kept from those who are not known. */
import type { MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { onward } from '../parts/layout.ts';
import { isFormToken } from '../access/sessions.ts';
import { isBehindTls, type OfficeSettings } from '../settings.ts';
import type { Office, OfficeEnv, Visit } from './environment.ts';
import { ownPath } from './own-path.ts';
import { isForPrograms, refusal } from './refusal.ts';
import { isFromOwnPage, isFromThisMachine, senderAddress } from './sender.ts';

/** With TLS the browser itself sees to it that no other host or path can have set the cookie. Spec: RFC 6265bis, cookie prefixes. */
export function cookieName(settings: OfficeSettings): string {
  return isBehindTls(settings) ? '__Host-ferryman-office' : 'ferryman-office';
}

export function giveToken(visit: Visit, settings: OfficeSettings, token: string): void {
  setCookie(visit, cookieName(settings), token, {
    path: '/',
    httpOnly: true,
    sameSite: 'Strict',
    secure: isBehindTls(settings),
  });
  visit.set('token', token);
}

export function identified(office: Office): MiddlewareHandler<OfficeEnv> {
  return async (visit, next) => {
    const token = getCookie(visit, cookieName(office.settings)) ?? '';
    visit.set('token', token);
    visit.set('user', await office.sessions.userOf(token, visit.get('now')));
    if (visit.get('user') === undefined && isForPrograms(visit.req.path)) {
      const refused = await byPassword(visit, office);
      if (refused) return refused;
    }
    return next();
  };
}

/** HTTP Basic, for scripts: looking only, and only where nobody on the way can read the password. @returns an answer when it is wrong */
async function byPassword(visit: Visit, office: Office): Promise<Response | undefined> {
  const header = visit.req.header('authorization');
  if (header === undefined) return undefined;
  const given = basicCredentials(header);
  if (!given) return unauthorized(visit, 'expected Authorization: Basic with a name and a password');
  if (!isBehindTls(office.settings) && !isFromThisMachine(visit))
    return unauthorized(visit, 'a password is taken by TLS or from this machine only');
  if (visit.req.method === 'POST') return unauthorized(visit, 'with a password the API only reads');
  const address = senderAddress(visit, office.settings);
  const entry = await office.door.enterAgain({ ...given, address }, visit.get('now'));
  if ('user' in entry) {
    visit.set('user', entry.user);
    visit.set('isScript', true);
    return undefined;
  }
  if (entry.refused === 'wait') visit.header('Retry-After', String(Math.ceil(entry.waitMs / 1000)));
  return entry.refused === 'wait'
    ? refusal(visit, {
        status: 429,
        title: 'Too many tries',
        text: 'Too many wrong passwords: wait and try again.',
      })
    : unauthorized(visit, 'unknown name or wrong password');
}

/** Spec: RFC 7617. */
function basicCredentials(header: string): { readonly name: string; readonly password: string } | undefined {
  const coded = /^Basic +([A-Za-z0-9+/]{1,2000}={0,2})$/i.exec(header)?.[1];
  const fields = /^([^:]*):(.*)$/s.exec(Buffer.from(coded ?? '', 'base64').toString());
  return fields ? { name: fields[1] ?? '', password: fields[2] ?? '' } : undefined;
}

function unauthorized(visit: Visit, text: string): Response | Promise<Response> {
  visit.header('WWW-Authenticate', 'Basic realm="ferryman office", charset="UTF-8"');
  return refusal(visit, { status: 401, title: 'Log in first', text });
}

/**
 * A link from elsewhere: the browser keeps the cookie back (SameSite=Strict) until a page of ours leads on, so one does. Without this a link
 * in a chat would show the login to somebody who is logged in.
 */
export const fromElsewhere: MiddlewareHandler<OfficeEnv> = async (visit, next) => {
  const { req } = visit;
  const site = req.header('sec-fetch-site');
  const isLink = req.method === 'GET' && req.header('sec-fetch-mode') === 'navigate';
  if (!isLink || visit.get('user') || (site !== 'cross-site' && site !== 'same-site')) return next();
  const { pathname, search } = new URL(req.url);
  return visit.html(onward(ownPath(pathname + search)));
};

/** Lets in who is logged in, and sends the others to the login. */
export const forUsers: MiddlewareHandler<OfficeEnv> = async (visit, next) => {
  if (visit.get('user')) return next();
  if (isForPrograms(visit.req.path)) return unauthorized(visit, 'log in, or send a name and a password');
  const { pathname, search } = new URL(visit.req.url);
  const to = visit.req.method === 'POST' ? '/' : pathname + search;
  return visit.redirect(to === '/' ? '/login' : `/login?to=${encodeURIComponent(to)}`, 303);
};

/** Lets in who may change things. */
export const forOperators: MiddlewareHandler<OfficeEnv> = async (visit, next) => {
  if (visit.get('user')?.role === 'operator') return next();
  return refusal(visit, {
    status: 403,
    title: 'For operators only',
    text: 'A reader may look at everything and change nothing.',
    hint: 'An operator can do it for you.',
  });
};

/** Lets through what changes nothing, and forms of our own pages. Sets nothing and changes nothing when it refuses. */
export function fromOwnForms(office: Office): MiddlewareHandler<OfficeEnv> {
  return async (visit, next) => {
    if (visit.req.method !== 'POST') return next();
    const token = visit.get('token');
    const isOurs = isFromOwnPage(visit, office.settings) && token !== '';
    if (isOurs && isFormToken((await formOf(visit))['form'], token)) return next();
    office.tell({
      level: 'warning',
      requestId: visit.get('requestId'),
      text: `POST ${visit.req.path}: refused, it did not come from a form of this page`,
    });
    return refusal(visit, {
      status: 403,
      title: 'This form is not ours, or too old',
      text: 'It did not come from a page of this office, or you have logged in anew since.',
      hint: 'Open the page again, and send the form from there. The browser must take cookies.',
    });
  };
}

/** The fields of a form, as text; of a field that comes twice the last. */
export async function formOf(visit: Visit): Promise<Readonly<Record<string, string>>> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(visit.req.header('content-type') ?? '')) return {};
  const fields = await visit.req.parseBody();
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
