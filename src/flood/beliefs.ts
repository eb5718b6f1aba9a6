/** Whose word counts here: the office's keys, and the newest roster that they have signed. */
import { ProvenLines, type NodeTrust } from '../verify/enrolled.ts';
import { markOf, type Trust } from '../verify/trust.ts';
import type { Roster } from '../parcel/roster.ts';
import { streamKey } from './decide/archive.ts';

export class Beliefs {
  readonly #read: () => Trust;
  readonly #kept: Roster | undefined;
  readonly #proven = new ProvenLines();
  #trust: { readonly mark: string; readonly trust: Trust } | undefined;
  #roster: Roster | undefined;
  #closed: ReadonlySet<string> = new Set();

  /**
   * @param read the office keys as they are now
   * @param kept the newest roster that was ever in force here: a spoiled file on the shelf must not give anybody his rights back
   */
  constructor(read: () => Trust, kept?: Roster) {
    this.#read = read;
    this.#kept = kept;
    this.#closed = closedBy(kept);
  }

  /** The same object for as long as the keys are the same. @throws FerrymanError `trust.*` */
  get trust(): Trust {
    const trust = this.#read();
    const mark = markOf(trust);
    if (this.#trust?.mark !== mark) this.#trust = { mark, trust };
    return this.#trust.trust;
  }

  /** @throws FerrymanError `trust.*` */
  get nodeTrust(): NodeTrust {
    return { trust: this.trust, revoked: this.#newest?.revoked ?? [], proven: this.#proven };
  }

  get #newest(): Roster | undefined {
    return isOlder(this.#roster, this.#kept) ? this.#kept : this.#roster;
  }

  /** True when a newer roster was in force here before. */
  isPast(roster: Pick<Roster, 'number'>): boolean {
    return isOlder(roster, this.#kept);
  }

  /** Number of the newest roster that is on the shelf; 0: none. */
  get rosterNumber(): number {
    return this.#roster?.number ?? 0;
  }

  /** `<origin>/<incarnation>` of what the office has closed. */
  get closed(): ReadonlySet<string> {
    return this.#closed;
  }

  /** @param roster one that was verified */
  setRoster(roster: Roster): void {
    this.#roster = roster;
    this.#closed = closedBy(this.#newest);
  }
}

function isOlder(one: Pick<Roster, 'number'> | undefined, other: Roster | undefined): boolean {
  return (one?.number ?? 0) < (other?.number ?? 0);
}

function closedBy(roster: Roster | undefined): ReadonlySet<string> {
  return new Set(roster?.closed.map(streamKey));
}
