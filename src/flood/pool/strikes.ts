/**
 * What a neighbour has sent that proved wrong: it is not asked for that again. Only it: else whoever sends junk under a good name would keep
 * the good one out. Lost on a restart.
 */

/** Neighbours, and names of each, that are remembered. */
const maxPeers = 200;
const maxNames = 5000;

const nothing: ReadonlySet<string> = new Set();

export class Strikes {
  readonly #byPeer = new Map<string, Set<string>>();

  #total = 0;

  /** How often anything proved wrong. */
  get total(): number {
    return this.#total;
  }

  /** Counts only: what was wrong about it may be another thing the next time. */
  count(): void {
    this.#total += 1;
  }

  add(peer: string, name: string): void {
    this.#total += 1;
    const names = this.#byPeer.get(peer) ?? new Set();
    this.#byPeer.delete(peer);
    this.#byPeer.set(peer, names);
    if (names.size < maxNames) names.add(name);
    if (this.#byPeer.size <= maxPeers) return;
    const [oldest] = this.#byPeer.keys();
    if (oldest !== undefined) this.#byPeer.delete(oldest);
  }

  of(peer: string): ReadonlySet<string> {
    return this.#byPeer.get(peer) ?? nothing;
  }
}
