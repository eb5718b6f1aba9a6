/**
 * What a neighbour has sent that proved wrong: it is not asked for that again. Only it: else whoever sends junk under a good name would keep
 * the good one out. Lost on a restart, and when the keys of this node change: what was nobody's may be the office's now.
 */

/** Neighbours, and names of each, that are remembered. */
const maxPeers = 200;
const maxNames = 5000;
/** Names of each that can be told to a person. */
const maxLatest = 20;

const nothing: ReadonlySet<string> = new Set();

interface Struck {
  readonly names: Set<string>;
  times: number;
  /** The newest, in their order. */
  readonly latest: string[];
}

export class Strikes {
  readonly #byPeer = new Map<string, Struck>();
  #keys: object | undefined;

  /** @param keys the same object for as long as they are the same */
  under(keys: object): void {
    if (this.#keys !== keys) this.#byPeer.clear();
    this.#keys = keys;
  }

  /** Remembers that it was wrong, and not its name: what was wrong about it may be another thing the next time. */
  count(peer: string, name: string): void {
    const struck = this.#struck(peer);
    struck.times += 1;
    struck.latest.push(name);
    if (struck.latest.length > maxLatest) struck.latest.shift();
  }

  add(peer: string, name: string): void {
    this.count(peer, name);
    const { names } = this.#struck(peer);
    if (names.size < maxNames) names.add(name);
  }

  /** The one that was struck last is forgotten last. */
  #struck(peer: string): Struck {
    const struck = this.#byPeer.get(peer) ?? { names: new Set(), times: 0, latest: [] };
    this.#byPeer.delete(peer);
    this.#byPeer.set(peer, struck);
    const [oldest] = this.#byPeer.keys();
    if (this.#byPeer.size > maxPeers && oldest !== undefined) this.#byPeer.delete(oldest);
    return struck;
  }

  of(peer: string): ReadonlySet<string> {
    return this.#byPeer.get(peer)?.names ?? nothing;
  }

  /** How often anything of a neighbour proved wrong. */
  times(peer: string): number {
    return this.#byPeer.get(peer)?.times ?? 0;
  }

  /** What of it proved wrong last, in its order. @param count at most */
  latest(peer: string, count: number): readonly string[] {
    return count > 0 ? (this.#byPeer.get(peer)?.latest.slice(-count) ?? []) : [];
  }
}
