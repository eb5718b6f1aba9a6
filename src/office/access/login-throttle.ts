/**
 * How often a password may be tried, counted per name and per address. Pure, the clock comes in.
 *
 * The first tries are free, then each failure doubles the pause. A name waits a minute at most, so that nobody can lock a person out by
 * guessing at their name; and from an address where that person has logged in before, the name does not wait at all. An address waits a
 * quarter of an hour at most. While it waits, no password is looked at.
 */
const rules = {
  name: { free: 5, maxPauseMs: 60_000 },
  address: { free: 20, maxPauseMs: 900_000 },
} as const;
const firstPauseMs = 1000;
/** After which failures are forgotten. */
const forgetMs = 3_600_000;
/** Names and addresses remembered at most: the oldest go first. */
const maxRemembered = 10_000;

interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

type Kind = keyof typeof rules;

export class LoginThrottle {
  readonly #failures = new Map<string, Failures>();
  readonly #familiar = new Set<string>();

  /** Milliseconds that the next try has to wait; 0: it may be made. */
  waitMs(name: string, address: string, now: number): number {
    const byName = this.#isFamiliar(name, address) ? 0 : this.#waitOf('name', name, now);
    return Math.max(byName, this.#waitOf('address', address, now));
  }

  /** Called before the password is looked at, so that tries at the same instant count each other. */
  tried(name: string, address: string, now: number): void {
    this.#count('name', name, now);
    this.#count('address', address, now);
  }

  succeeded(name: string, address: string): void {
    this.#failures.delete(`name ${name}`);
    this.#failures.delete(`address ${address}`);
    remember(this.#familiar, `${name} ${address}`);
  }

  #isFamiliar(name: string, address: string): boolean {
    return this.#familiar.has(`${name} ${address}`);
  }

  #waitOf(kind: Kind, value: string, now: number): number {
    const { count, lastAt } = this.#failures.get(`${kind} ${value}`) ?? { count: 0, lastAt: 0 };
    const over = count - rules[kind].free;
    if (over < 0) return 0;
    const pause = Math.min(firstPauseMs * 2 ** Math.min(over, 20), rules[kind].maxPauseMs);
    return Math.max(0, lastAt + pause - now);
  }

  #count(kind: Kind, value: string, now: number): void {
    const key = `${kind} ${value}`;
    const before = this.#failures.get(key);
    const count = before && now - before.lastAt < forgetMs ? before.count + 1 : 1;
    this.#failures.delete(key); // the newest stand last
    this.#failures.set(key, { count, lastAt: now });
    if (this.#failures.size > maxRemembered) {
      for (const oldest of this.#failures.keys()) {
        this.#failures.delete(oldest);
        break;
      }
    }
  }
}

function remember(familiar: Set<string>, one: string): void {
  if (familiar.size >= maxRemembered) familiar.clear();
  familiar.add(one);
}
