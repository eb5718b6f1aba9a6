/**
 * How often a password may be tried, counted per name and per address. Pure, the clock comes in.
 *
 * The first tries are free, then each failure doubles the pause. A name waits a minute at most, so that nobody can lock a person out by
 * guessing at their name; and at an address where that person has logged in before, what others try elsewhere does not count: their name there
 * is a name of its own, since others may share the address. An address waits a quarter of an hour at most. While it waits, no password is looked at.
 */
const rules = {
  name: { free: 5, maxPauseMs: 60_000 },
  nameAtHome: { free: 5, maxPauseMs: 60_000 },
  address: { free: 20, maxPauseMs: 900_000 },
} as const;
const firstPauseMs = 1000;
/** After which failures are forgotten. */
const forgetMs = 3_600_000;
/** Names remembered at most, and as many addresses: the oldest go first. Each in a map of its own, so that many addresses push no name out. */
const maxRemembered = 10_000;

interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

type Kind = keyof typeof rules;

export class LoginThrottle {
  readonly #failures: Readonly<Record<Kind, Map<string, Failures>>> = {
    name: new Map(),
    nameAtHome: new Map(),
    address: new Map(),
  };
  readonly #familiar = new Set<string>();

  /** Names and addresses that are remembered. */
  get size(): number {
    const { name, nameAtHome, address } = this.#failures;
    return name.size + nameAtHome.size + address.size + this.#familiar.size;
  }

  /** Milliseconds that the next try has to wait; 0: it may be made. */
  waitMs(name: string, address: string, now: number): number {
    const byName = this.#isFamiliar(name, address)
      ? this.#waitOf('nameAtHome', atHome(name, address), now)
      : this.#waitOf('name', name, now);
    return Math.max(byName, this.#waitOf('address', address, now));
  }

  /** Called before the password is looked at, so that tries at the same instant count each other. */
  tried(name: string, address: string, now: number): void {
    this.#count('name', name, now);
    if (this.#isFamiliar(name, address)) this.#count('nameAtHome', atHome(name, address), now);
    this.#count('address', address, now);
  }

  succeeded(name: string, address: string): void {
    this.#failures.name.delete(name);
    this.#failures.nameAtHome.delete(atHome(name, address));
    this.#failures.address.delete(address);
    remember(this.#familiar, atHome(name, address));
  }

  #isFamiliar(name: string, address: string): boolean {
    return this.#familiar.has(atHome(name, address));
  }

  #waitOf(kind: Kind, value: string, now: number): number {
    const { count, lastAt } = this.#failures[kind].get(value) ?? { count: 0, lastAt: 0 };
    const over = count - rules[kind].free;
    if (over < 0) return 0;
    const pause = Math.min(firstPauseMs * 2 ** Math.min(over, 20), rules[kind].maxPauseMs);
    // Not for longer than the pause: the clock may have been set back since.
    return Math.min(pause, Math.max(0, lastAt + pause - now));
  }

  #count(kind: Kind, value: string, now: number): void {
    const failures = this.#failures[kind];
    const before = failures.get(value);
    const count = before && now - before.lastAt < forgetMs ? before.count + 1 : 1;
    failures.delete(value); // the newest stand last
    failures.set(value, { count, lastAt: now });
    if (failures.size <= maxRemembered) return;
    for (const oldest of failures.keys()) {
      failures.delete(oldest);
      break;
    }
  }
}

function atHome(name: string, address: string): string {
  return `${name} ${address}`;
}

function remember(familiar: Set<string>, one: string): void {
  if (familiar.size >= maxRemembered) familiar.clear();
  familiar.add(one);
}
