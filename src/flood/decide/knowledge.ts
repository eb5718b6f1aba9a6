/**
 * What a node knows of the others, for the worth of a copy: how often each has met others, by its own word, and what it held when it was
 * last met. Nobody passes on what he has heard of third nodes: that made no difference to what is delivered. Pure.
 *
 * Nodes are numbers here. `Key` stands for the archives of one origin and incarnation.
 */
import { contains } from '../../parcel/sequence-sets.ts';
import type { StreamHoldings } from './archive.ts';
import { meetingSeconds, meetingShares, type ContactLedger } from './reach.ts';
import { copyValue, type Sighting } from './value.ts';

/** What was held of a stream. */
export type Held = Pick<StreamHoldings, 'short' | 'long'>;

/** How long an archive is of use whose origin sets no end, seconds: a week. Who has waited for longer is not near to anybody. */
export const usualLifeSeconds = 7 * 86_400;

/** A copy stays in a full pool for about this part of its life; twice or half of it makes no difference that matters. */
const stayPerLife = 0.2;
/** What was seen longer ago counts as gone. */
const staysUntilForgotten = 4;

/** How old the reckoning of shares may be, seconds. */
const sharesAge = 600;

interface Seen {
  readonly held: Held;
  readonly at: number;
}

/** An archive, and where it is to go. */
export interface ValuedArchive<Key> {
  readonly stream: Key;
  readonly sequence: number;
  readonly bytes: number;
  /** Number of the node that acknowledges it. */
  readonly to: number;
  /** How long it is still of use. */
  readonly lifeSeconds: number;
}

export class Knowledge<Key> {
  readonly #node: number;
  readonly #staySeconds: number;
  readonly #ledgers: (ContactLedger | undefined)[] = [];
  /** By stream and peer. */
  readonly #seen = new Map<Key, Map<number, Seen>>();
  /** By peer: the streams of which it held something then. */
  readonly #streams = new Map<number, readonly Key[]>();
  /** Of all meetings, each node's. */
  #shares: { readonly of: Float64Array; readonly at: number } | undefined;

  /** @param node its own number @param lifeSeconds how long an archive is of use from the beginning */
  constructor(node: number, lifeSeconds: number) {
    this.#node = node;
    this.#staySeconds = lifeSeconds * stayPerLife;
  }

  /** What a node has counted, this one or another: its own word. */
  setLedger(node: number, ledger: ContactLedger | undefined): void {
    while (this.#ledgers.length <= node) this.#ledgers.push(undefined);
    this.#ledgers[node] = ledger;
  }

  ledgerOf(node: number): ContactLedger | undefined {
    return this.#ledgers[node];
  }

  /** Remembers what the peer holds, in place of what it held when it was met before. @param at seconds */
  noteHoldings(peer: number, holdings: Iterable<readonly [Key, Held]>, at: number): void {
    for (const stream of this.#streams.get(peer) ?? []) this.#unsee(stream, peer);
    const streams: Key[] = [];
    for (const [stream, held] of holdings) {
      const peers = this.#seen.get(stream) ?? new Map<number, Seen>();
      peers.set(peer, { held, at });
      this.#seen.set(stream, peers);
      streams.push(stream);
    }
    this.#streams.set(peer, streams);
  }

  #unsee(stream: Key, peer: number): void {
    const peers = this.#seen.get(stream);
    peers?.delete(peer);
    if (peers?.size === 0) this.#seen.delete(stream);
  }

  /** Forgets all of a peer. */
  forget(peer: number): void {
    this.noteHoldings(peer, [], 0);
    this.#streams.delete(peer);
    if (peer < this.#ledgers.length) this.#ledgers[peer] = undefined;
  }

  /** What others held of a stream when they were last met. @param but a peer that does not count */
  copies(stream: Key, but: number): Held[] {
    return [...(this.#seen.get(stream) ?? [])].flatMap(([peer, { held }]) => (peer === but ? [] : held));
  }

  /** What a copy here is worth. @param now seconds, of a clock that never jumps */
  value({ stream, sequence, bytes, to, lifeSeconds }: ValuedArchive<Key>, now: number): number {
    if (to === this.#node) return Infinity;
    return copyValue({
      bytes,
      lifeSeconds,
      reachSeconds: this.#meeting(this.#node, to, now),
      others: this.#sightings({ stream, sequence, to }, now),
      staySeconds: this.#staySeconds,
    });
  }

  #sightings(
    { stream, sequence, to }: Pick<ValuedArchive<Key>, 'stream' | 'sequence' | 'to'>,
    now: number,
  ): Sighting[] {
    const peers = this.#seen.get(stream);
    if (!peers) return [];
    const sightings: Sighting[] = [];
    for (const [peer, { held, at }] of peers)
      if (
        now - at <= staysUntilForgotten * this.#staySeconds &&
        (contains(held.long, sequence) || contains(held.short, sequence))
      )
        sightings.push({ reachSeconds: this.#meeting(peer, to, now), secondsAgo: now - at });
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
