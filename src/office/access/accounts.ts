/** Who may look at the office page, and who is logged in. The fleet store keeps both; `records/` is how. */
import type { OfficeRole } from '../settings.ts';

export interface User {
  /** See {@link isUserName}. */
  readonly name: string;
  readonly role: OfficeRole;
  readonly passwordHash: string;
  /** Milliseconds since 1970, like all times here. */
  readonly createdAt: number;
  readonly lastLoginAt: number | null;
}

/** A login. Who holds the token is that user; only its hash is kept. */
export interface Session {
  /** SHA-256 of the token, hex. */
  readonly tokenHash: string;
  readonly user: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
}

export interface Accounts {
  user(name: string): Promise<User | undefined>;
  users(): Promise<User[]>;
  /** @returns false: the name is taken */
  addUser(user: User): Promise<boolean>;
  /** Ends the user's sessions too. @returns false: there is no such user */
  removeUser(name: string): Promise<boolean>;
  /** Ends the user's sessions too. @returns false: there is no such user */
  setPassword(name: string, passwordHash: string): Promise<boolean>;
  /**
   * Begins a session, and notes the login with it. Making the hash of a password takes a while: what was changed or removed meanwhile lets nobody in.
   *
   * @param passwordHash with which the password was compared @returns false: it is not that user's any more
   */
  openSession(session: Session, passwordHash: string): Promise<boolean>;
  session(tokenHash: string): Promise<Session | undefined>;
  seen(tokenHash: string, at: number): Promise<void>;
  closeSession(tokenHash: string): Promise<void>;
  /** Removes what was opened or seen before these times. */
  sweepSessions(createdBefore: number, seenBefore: number): Promise<void>;
}

/** Lower-case letters, digits, `.`, `_`, `-`; at most 32, beginning with a letter. */
export function isUserName(name: string): boolean {
  return /^[a-z][a-z0-9._-]{0,31}$/.test(name);
}
