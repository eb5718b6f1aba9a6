/**
 * What the contacts that are under way are at, so that several side by side do not fetch one thing twice, do not promise themselves the same
 * room, and take what has come one after the other: each proof may take as much memory as a parcel has.
 */

interface Fetching {
  /** Paths in the offer of the neighbour. */
  paths: ReadonlySet<string>;
  /** That may come into its staging folder yet. */
  bytes: number;
  /** Something was left to another contact. */
  hasLeft: boolean;
}

export class UnderWay {
  /** By GUID of the neighbour. */
  readonly #contacts = new Map<string, Fetching>();
  #turn: Promise<unknown> = Promise.resolve();

  begin(peer: string): void {
    this.#contacts.set(peer, { paths: new Set(), bytes: 0, hasLeft: false });
  }

  end(peer: string): void {
    this.#contacts.delete(peer);
  }

  /** False while another contact fetches it. */
  mayFetch(path: string, peer: string): boolean {
    for (const [other, { paths }] of this.#contacts) {
      if (other === peer || !paths.has(path)) continue;
      const own = this.#contacts.get(peer);
      if (own) own.hasLeft = true;
      return false;
    }
    return true;
  }

  /** What this contact is going to fetch, in place of what it was going to before. */
  fetches(peer: string, paths: Iterable<string>): void {
    const own = this.#contacts.get(peer);
    if (own) own.paths = new Set(paths);
  }

  /** Something that the neighbour has was left to another contact, which may fail. */
  hasLeft(peer: string): boolean {
    return this.#contacts.get(peer)?.hasLeft ?? false;
  }

  /** How much may come into its staging folder next. */
  expects(peer: string, bytes: number): void {
    const own = this.#contacts.get(peer);
    if (own) own.bytes = bytes;
  }

  /** Of the room on the disk, what others may fill. */
  bytesOfOthers(peer: string): number {
    let bytes = 0;
    for (const [other, fetching] of this.#contacts) if (other !== peer) bytes += fetching.bytes;
    return bytes;
  }

  /** Does some work when nobody else does any. */
  async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#turn;
    const done = before.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
