/**
 * What a node knows of the others: who met whom how often (contact ledgers, which pass from node to node), and what each neighbour held
 * when it was last met. From it comes what a copy is worth here.
 */
import type { StreamHoldings } from '../../../src/flood/decide/archive.ts';
import { meetingSeconds, meetingShares, type ContactLedger } from '../../../src/flood/decide/reach.ts';
import { contains, type SequenceSet } from '../../../src/parcel/sequence-sets.ts';
import { copyValue, type Sighting } from '../../../src/flood/decide/value.ts';
import type { Message } from '../scenario.ts';

/** How long a copy stays in a full buffer, about; twice or half of it makes no difference that matters. */
const staySeconds = 3600;

/** What was seen longer ago counts as gone. */
const forgetSeconds = 4 * staySeconds;

/** How old the reckoning of shares may be, seconds. */
const sharesAge = 600;

/** Messages without an end are of use this long, seconds: a week. */
const longestLife = 7 * 86_400;

interface Seen {
  readonly held: SequenceSet;
  readonly at: number;
}

export class Knowledge {
  readonly #node: number;
  readonly #ledgers: (ContactLedger | undefined)[];
  /** By origin and peer. */
  readonly #seen = new Map<number, Map<number, Seen>>();
  /** By peer: the origins of which it held something then. */
  readonly #origins = new Map<number, readonly number[]>();
  /** Of all meetings, each node's. */
  #shares: { readonly of: Float64Array; readonly at: number } | undefined;

  constructor(node: number, nodes: number) {
    this.#node = node;
    this.#ledgers = Array.from({ length: nodes }, () => undefined);
  }

  countMeeting(peer: number, now: number): void {
    const before = this.#ledgers[this.#node];
    const meetings = new Float64Array(this.#ledgers.length);
    if (before) meetings.set(before.meetings);
    meetings[peer] = (meetings[peer] ?? 0) + 1;
    this.#ledgers[this.#node] = { meetings, seconds: Math.max(now, 1), total: (before?.total ?? 0) + 1 };
  }

  /** Each of the two keeps the newer ledger of every node. */
  shareLedgers(other: Knowledge): void {
    for (const [node, mine] of this.#ledgers.entries()) {
      const theirs = other.#ledgers[node];
      if ((mine?.seconds ?? -1) < (theirs?.seconds ?? -1)) this.#ledgers[node] = theirs;
      else other.#ledgers[node] = mine;
    }
  }

  /** Remembers what the peer holds, in place of what it held when it was met before. */
  noteSummary(peer: number, holdings: ReadonlyMap<number, StreamHoldings>, at: number): void {
    for (const origin of this.#origins.get(peer) ?? []) this.#seen.get(origin)?.delete(peer);
    for (const [origin, { long }] of holdings) {
      const peers = this.#seen.get(origin) ?? new Map<number, Seen>();
      peers.set(peer, { held: long, at });
      this.#seen.set(origin, peers);
    }
    this.#origins.set(peer, [...holdings.keys()]);
  }

  /** What a copy here is worth. */
  value(message: Message, now: number): number {
    if (message.to === this.#node) return Infinity;
    return copyValue({
      bytes: message.bytes,
      lifeSeconds: Math.min(message.expiresAt - now, longestLife),
      reachSeconds: this.#meeting(this.#node, message.to, now),
      others: this.#sightings(message, now),
      staySeconds,
    });
  }

  #sightings({ from, to, sequence }: Message, now: number): Sighting[] {
    const peers = this.#seen.get(from);
    if (!peers) return [];
    const sightings: Sighting[] = [];
    for (const [peer, { held, at }] of peers) {
      if (now - at > forgetSeconds) peers.delete(peer);
      else if (contains(held, sequence))
        sightings.push({ reachSeconds: this.#meeting(peer, to, now), secondsAgo: now - at });
    }
    return sightings;
  }

  /** Mean seconds until `node` meets `other`, by what is known here. */
  #meeting(node: number, other: number, now: number): number {
    const ledger = this.#ledgers[node];
    if (!ledger) return Infinity;
    if (!this.#shares || now - this.#shares.at > sharesAge)
      this.#shares = { of: meetingShares(this.#ledgers), at: now };
    return meetingSeconds(ledger, other, this.#shares.of[other] ?? 0);
  }
}
