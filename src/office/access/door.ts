/**
 * The door: a name and a password become a user, or not. Unknown names take as long as wrong passwords, and both are told the same.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { isUserName, type Accounts, type User } from './accounts.ts';
import { LoginThrottle } from './login-throttle.ts';
import { networkOf } from './network-of.ts';
import { isPassword, nobodysHash } from './password-hash.ts';

export type Entry =
  | { readonly user: User }
  | { readonly refused: 'wrong' }
  | { readonly refused: 'wait'; readonly waitMs: number };

export interface Attempt {
  readonly name: string;
  readonly password: string;
  /** Of the network. */
  readonly address: string;
}

/** For how long a script that sends its password with every request is believed without making the hash again. */
const believedMs = 300_000;
const maxBelieved = 100;

export class Door {
  readonly #accounts: Accounts;
  readonly #nobody: string;
  readonly #throttle = new LoginThrottle();
  readonly #believed = new Map<string, { readonly passwordHash: string; readonly until: number }>();
  readonly #secret = randomBytes(32);

  /** @param nobody what the password of an unknown name is compared with: as much work as a hash of somebody */
  constructor(accounts: Accounts, nobody = nobodysHash) {
    this.#accounts = accounts;
    this.#nobody = nobody;
  }

  /** @throws FerrymanError `office.busy` */
  async enter({ name, password, address }: Attempt, now: number): Promise<Entry> {
    const isOne = isUserName(name);
    // What nobody can be called is counted as one, so that it fills no memory and pushes nobody's failures out.
    const who = isOne ? name : '';
    const network = networkOf(address);
    const waitMs = this.#throttle.waitMs(who, network, now);
    if (waitMs > 0) return { refused: 'wait', waitMs };
    this.#throttle.tried(who, network, now);
    const user = isOne ? await this.#accounts.user(name) : undefined;
    const isRight = await isPassword(password, user?.passwordHash ?? this.#nobody);
    if (!user || !isRight) return { refused: 'wrong' };
    this.#throttle.succeeded(who, network);
    return { user };
  }

  /** The same for a script, which has no session. */
  async enterAgain(attempt: Attempt, now: number): Promise<Entry> {
    const key = createHmac('sha256', this.#secret)
      .update(JSON.stringify([attempt.name, attempt.password]))
      .digest('hex');
    const before = this.#believed.get(key);
    if (before && before.until > now) {
      const user = await this.#accounts.user(attempt.name);
      if (user?.passwordHash === before.passwordHash) return { user };
    }
    this.#believed.delete(key);
    const entry = await this.enter(attempt, now);
    if ('user' in entry) {
      if (this.#believed.size >= maxBelieved) this.#believed.clear();
      this.#believed.set(key, { passwordHash: entry.user.passwordHash, until: now + believedMs });
    }
    return entry;
  }
}
