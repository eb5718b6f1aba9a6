/**
 * What neighbours held when they were last met, and how often they meet others: what a copy is worth here, and what few others have.
 * Bounded, whatever they say of themselves; lost on a restart but for this node's own meetings, which the ledger knows.
 */
import type { Ledger } from '../../ledger/ledger.ts';
import { isRole, type Role } from '../../parcel/recipients.ts';
import type { Summary, ToldMeetings } from '../../parcel/summary.ts';
import { streamKey, type ArchiveName, type Stream } from '../decide/archive.ts';
import { Knowledge, usualLifeSeconds, type Held } from '../decide/knowledge.ts';
import { isHomeFor, joined, ledgerFrom, Meetings } from '../decide/meetings.ts';
import type { ContactLedger } from '../decide/reach.ts';
import type { FloodHost } from '../surroundings.ts';

/** Ranges that are remembered of one neighbour: of one that names more, nothing is. */
const maxRanges = 20_000;
/** Neighbours of which anything is remembered. */
const maxNodes = 32;
/** Contacts of the ledger that are read at a time. */
const atATime = 1000;

/** Whoever takes logs home is one node, to which all archives go … */
const home = 0;
/** … this one is the next, and neighbours follow. */
const here = 1;

interface Known {
  readonly number: number;
  readonly isHome: boolean;
  readonly ledger: ContactLedger | undefined;
}

export class KnownNeighbours {
  readonly #neighbours: Ledger['neighbours'];
  readonly #role: Role;
  readonly #host: FloodHost;
  readonly #meetings: Meetings;
  readonly #knowledge = new Knowledge<string>(here, usualLifeSeconds);
  /** By GUID, the one that was met last at the end. */
  readonly #known = new Map<string, Known>();
  /** Numbers of neighbours that are forgotten are given out again. */
  readonly #free = Array.from({ length: maxNodes + 1 }, (_, index) => here + 1 + index);
  /** Id of the last contact that was counted. */
  #counted = 0;

  /** @param role of this node */
  constructor({ neighbours }: Pick<Ledger, 'neighbours'>, role: Role, host: FloodHost) {
    this.#neighbours = neighbours;
    this.#role = role;
    this.#host = host;
    this.#meetings = new Meetings(role);
    this.count();
  }

  /** Counts the contacts that the ledger has gained. */
  count(): void {
    for (;;) {
      const contacts = this.#neighbours.contactsAfter(this.#counted, atATime);
      for (const { id, at, peer, role } of contacts) {
        this.#counted = id;
        const atMs = Date.parse(at);
        if (!Number.isNaN(atMs)) this.#meetings.add({ atMs, peer, role: isRole(role) ? role : '' });
      }
      if (contacts.length < atATime) break;
    }
    const told = this.meetings;
    if (told) this.#knowledge.setLedger(here, ledgerFrom(told, home));
  }

  /** What this node tells of its own meetings. */
  get meetings(): ToldMeetings | undefined {
    return this.#meetings.told(Date.parse(this.#host.now()));
  }

  /** Remembers what a neighbour tells, in place of what it told before. */
  learn({ node, role, logs, meetings }: Pick<Summary, 'node' | 'role' | 'logs' | 'meetings'>): void {
    const number = this.#known.get(node)?.number ?? this.#free.pop();
    if (number === undefined) return;
    const isHome = isHomeFor(this.#role, role);
    const ledger = meetings && ledgerFrom(meetings, home);
    this.#known.delete(node);
    this.#known.set(node, { number, isHome, ledger });
    const ranges = logs.reduce((sum, { short, long }) => sum + short.length + long.length, 0);
    const held = ranges > maxRanges ? [] : logs.map((one) => [streamKey(one), one] as const);
    this.#knowledge.noteHoldings(number, held, this.#host.uptimeSeconds());
    this.#knowledge.setLedger(number, isHome ? undefined : ledger);
    this.#forgetOldest();
    const homes = [...this.#known.values()].flatMap((one) => (one.isHome ? (one.ledger ?? []) : []));
    this.#knowledge.setLedger(home, joined(homes));
  }

  #forgetOldest(): void {
    const [oldest] = this.#known;
    if (this.#known.size <= maxNodes || !oldest) return;
    const [node, { number }] = oldest;
    this.#known.delete(node);
    this.#knowledge.forget(number);
    this.#free.push(number);
  }

  /** What others held of a stream. @param but a neighbour whose own copies do not count */
  copies(stream: Stream, but: string): Held[] {
    return this.#knowledge.copies(streamKey(stream), this.#known.get(but)?.number ?? home);
  }

  /** What a copy is worth here; the same for all while nothing is known of meetings. */
  value(archive: ArchiveName & { readonly bytes: number }): number {
    const { sequence, bytes } = archive;
    const valued = { stream: streamKey(archive), sequence, bytes, to: home, lifeSeconds: usualLifeSeconds };
    return this.#knowledge.value(valued, this.#host.uptimeSeconds());
  }
}
