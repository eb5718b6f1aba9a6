/**
 * Logins: a random token in a cookie; the store keeps its hash alone, so whoever reads the store cannot log in.
 *
 * A session ends when nobody used it for a while, a while after it began, by logging out, and when the user's password is changed or the
 * user is removed.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Accounts, User } from './accounts.ts';

export interface SessionTimes {
  /** Without a request. */
  readonly idleMs: number;
  /** In all. */
  readonly absoluteMs: number;
}

/** The time of the last request is written so often at most: pages are read more often than a disk likes. */
const seenEveryMs = 60_000;
const tokenShape = /^[A-Za-z0-9_-]{43}$/;

export class Sessions {
  readonly #accounts: Accounts;
  readonly #times: SessionTimes;

  constructor(accounts: Accounts, times: SessionTimes) {
    this.#accounts = accounts;
    this.#times = times;
  }

  /**
   * @param user as they were when their password was looked at
   * @returns the token: 256 random bits, base64url; `undefined`: that password is not theirs any more
   */
  async open(user: User, now: number): Promise<string | undefined> {
    const token = newToken();
    await this.#accounts.sweepSessions(now - this.#times.absoluteMs, now - this.#times.idleMs);
    const session = { tokenHash: tokenHash(token), user: user.name, createdAt: now, lastSeenAt: now };
    return (await this.#accounts.openSession(session, user.passwordHash)) ? token : undefined;
  }

  /** Whose token it is; `undefined` for one that is forged, ended or too old. */
  async userOf(token: string, now: number): Promise<User | undefined> {
    if (!isToken(token)) return undefined;
    const session = await this.#accounts.session(tokenHash(token));
    if (!session) return undefined;
    if (now - session.createdAt > this.#times.absoluteMs || now - session.lastSeenAt > this.#times.idleMs) {
      await this.#accounts.closeSession(session.tokenHash);
      return undefined;
    }
    if (now - session.lastSeenAt > seenEveryMs) await this.#accounts.seen(session.tokenHash, now);
    return this.#accounts.user(session.user);
  }

  async close(token: string): Promise<void> {
    if (isToken(token)) await this.#accounts.closeSession(tokenHash(token));
  }
}

export function isToken(text: string): boolean {
  return tokenShape.test(text);
}

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** What every form carries beside the cookie: nobody can make it who cannot read the cookie, and it does not tell the cookie. */
export function formToken(token: string): string {
  return createHmac('sha256', token).update('ferryman office form').digest('base64url');
}

export function isFormToken(given: unknown, token: string): boolean {
  if (typeof given !== 'string' || !isToken(given)) return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(formToken(token)));
}
