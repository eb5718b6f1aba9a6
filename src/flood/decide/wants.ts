/**
 * What to pull from a neighbour, in order, from its summary: roster and acknowledgements, updates, short archives, long ones. Pure.
 *
 * Within a class: what is worth most where that is known, else fewest known copies first, then the oldest of every stream in turn.
 * Bounded in parcels and bytes, and admitted against free room before anything is transferred. Spec: docs/format.md §16.
 */
import type { LogClass } from '../../parcel/log-archive.ts';
import type { Role } from '../../parcel/recipients.ts';
import { streamKey, type Archive, type StreamHoldings, type Stream } from './archive.ts';
import { whyRefused, type Refused } from './cover.ts';
import { each, intersect, nothing, subtract, union, type SequenceSet } from '../../parcel/sequence-sets.ts';

/** A proxy and shard, and how new its acknowledgement is. */
export interface OfferedAck {
  readonly proxy: string;
  readonly shard: number;
  readonly epoch: string;
  readonly number: number;
}

/** What a neighbour says of itself. Spec: docs/format.md §16 */
export interface NeighbourSummary {
  readonly role: Role;
  readonly roster: number;
  readonly acks: readonly OfferedAck[];
  /** Digests. */
  readonly updates: readonly string[];
  readonly logs: readonly StreamHoldings[];
}

/** What the node that pulls knows. */
export interface PullerFacts {
  /** GUID. */
  readonly node: string;
  readonly role: Role;
  /** A kiosk may be told to keep its own logs only. */
  readonly ownLogsOnly: boolean;
  readonly roster: number;
  /** True when the offered one may be newer than what is held; its serial shows only when it has come. */
  needsAck(offered: OfferedAck): boolean;
  /** True when this update is neither here nor refused before. */
  needsUpdate(digest: string): boolean;
  /** What is here of a stream. */
  holdings(stream: Stream): Pick<StreamHoldings, 'short' | 'long'> | undefined;
  readonly refused: Refused;
  /** What other neighbours held of a stream when they were last met. */
  copies(stream: Stream): readonly Pick<StreamHoldings, 'short' | 'long'>[];
  /** Worth of a copy here; left out where meetings are not known. */
  readonly value?: ((archive: Archive) => number) | undefined;
  /** Takes room for an archive, in the order of the wants; `false`: there is none. */
  admit(archive: Archive): boolean;
}

/** Seconds are bounded by whoever carries the list out: it is in order, so that it may be cut off anywhere. */
export interface ContactBounds {
  readonly parcels: number;
  readonly bytes: number;
}

/** A want-list is never longer. */
export const maxWants = 2000;

/** So many candidates are looked at: a summary may name 2^53 of them. */
const maxWeighed = 5 * maxWants;

export type Want =
  | { readonly kind: 'roster' }
  | { readonly kind: 'ack'; readonly proxy: string; readonly shard: number }
  | { readonly kind: 'update'; readonly digest: string }
  | { readonly kind: 'log'; readonly archive: Archive };

/** What parcels are taken to weigh whose size a summary does not tell. */
const usualBytes = { roster: 4096, ack: 8192, update: 1_000_000 } as const;

export function listWants(offer: NeighbourSummary, puller: PullerFacts, bounds: ContactBounds): Want[] {
  const budget = new Budget(bounds);
  const wants: Want[] = [];
  const take = (want: Want, bytes: number): void => {
    if (budget.take(bytes)) wants.push(want);
  };
  if (offer.roster > puller.roster) take({ kind: 'roster' }, usualBytes.roster);
  for (const ack of offer.acks)
    if (puller.needsAck(ack)) take({ kind: 'ack', proxy: ack.proxy, shard: ack.shard }, usualBytes.ack);
  for (const digest of offer.updates)
    if (puller.needsUpdate(digest)) take({ kind: 'update', digest }, usualBytes.update);
  if (!takesLogsFrom(puller, offer.role)) return wants;
  let tried = 0;
  for (const archiveClass of ['short', 'long'] as const)
    for (const archive of candidates(offer.logs, archiveClass, puller)) {
      if (budget.isSpent || ++tried > maxWeighed) return wants;
      if (budget.fits(archive.bytes) && puller.admit(archive)) take({ kind: 'log', archive }, archive.bytes);
    }
  return wants;
}

/** Logs go towards a proxy: nobody takes them from one, and from a gateway only a proxy does. */
export function takesLogsFrom(puller: Pick<PullerFacts, 'role' | 'ownLogsOnly'>, offerer: Role): boolean {
  if (offerer === 'proxy' || offerer === 'office' || puller.role === 'office') return false;
  if (puller.role === 'proxy') return true;
  return offerer !== 'gateway' && !(puller.role === 'kiosk' && puller.ownLogsOnly);
}

/** What a contact can still carry. */
class Budget {
  #parcels: number;
  #bytes: number;

  constructor({ parcels, bytes }: ContactBounds) {
    this.#parcels = Math.min(parcels, maxWants);
    this.#bytes = bytes;
  }

  get isSpent(): boolean {
    return this.#parcels <= 0 || this.#bytes <= 0;
  }

  fits(bytes: number): boolean {
    return this.#parcels > 0 && bytes <= this.#bytes;
  }

  take(bytes: number): boolean {
    if (!this.fits(bytes)) return false;
    this.#parcels--;
    this.#bytes -= bytes;
    return true;
  }
}

/** Archives of one class that the neighbour has and that are lacking here, the most wanted first. */
function* candidates(
  logs: readonly StreamHoldings[],
  archiveClass: LogClass,
  puller: PullerFacts,
): Generator<Archive, undefined> {
  const levels = byKnownCopies(logs, archiveClass, puller);
  if (!puller.value) {
    for (const queues of levels) yield* inTurns(queues);
    return;
  }
  const valued: { readonly archive: Archive; readonly value: number }[] = [];
  for (const queues of levels)
    for (const archive of inTurns(queues)) {
      if (valued.length >= maxWeighed) break;
      valued.push({ archive, value: puller.value(archive) });
    }
  for (const { archive } of valued.toSorted((a, b) => b.value - a.value)) yield archive;
}

/** Queues of archives, a stream each, oldest first: at 0 those of which no other copy is known, at 1 those with one, and so on. */
function byKnownCopies(
  logs: readonly StreamHoldings[],
  archiveClass: LogClass,
  puller: PullerFacts,
): Generator<Archive, undefined>[][] {
  const levels: Generator<Archive, undefined>[][] = [];
  for (const offered of logs) {
    const lacking = lackingHere(offered, archiveClass, puller);
    if (lacking.length === 0) continue;
    const bytes = estimatedBytes(offered, archiveClass);
    const others = puller.copies(offered).map((holdings) => holdings[archiveClass]);
    for (const [copies, sequences] of splitByCopies(lacking, others).entries())
      if (sequences.length > 0)
        (levels[copies] ??= []).push(archivesOf(offered, sequences, { archiveClass, bytes, puller }));
  }
  return Array.from(levels, (queues) => queues ?? []);
}

function lackingHere(offered: StreamHoldings, archiveClass: LogClass, puller: PullerFacts): SequenceSet {
  if (offered.origin === puller.node) return nothing; // it was made here
  const here = puller.holdings(offered);
  const lacking = here
    ? subtract(offered[archiveClass], union(here.short, here.long))
    : offered[archiveClass];
  if (lacking.length === 0 || puller.refused.closed.has(streamKey(offered))) return nothing;
  return puller.refused.cover.without(offered, lacking);
}

/** More copies than this are all the same. */
const maxLevel = 8;

/** At each place the sequences that so many of the others hold. */
export function splitByCopies(sequences: SequenceSet, others: readonly SequenceSet[]): SequenceSet[] {
  const levels: SequenceSet[] = [sequences];
  for (const other of others)
    for (let level = Math.min(levels.length, maxLevel) - 1; level >= 0; level--) {
      const below = levels[level] ?? nothing;
      const risen = intersect(below, other);
      if (risen.length === 0) continue;
      levels[level] = subtract(below, risen);
      levels[level + 1] = union(levels[level + 1] ?? nothing, risen);
    }
  return levels;
}

function* archivesOf(
  { origin, incarnation }: Stream,
  sequences: SequenceSet,
  { archiveClass, bytes, puller }: { archiveClass: LogClass; bytes: number; puller: PullerFacts },
): Generator<Archive, undefined> {
  for (const sequence of each(sequences)) {
    const archive = { origin, incarnation, sequence, class: archiveClass, bytes };
    if (whyRefused(archive, puller.refused) === undefined) yield archive;
  }
}

/** One of each queue, then the second of each, until all are empty: no origin waits behind another's backlog. */
function* inTurns<Item>(queues: readonly Generator<Item, undefined>[]): Generator<Item, undefined> {
  let waiting = [...queues];
  while (waiting.length > 0) {
    const still: Generator<Item, undefined>[] = [];
    for (const queue of waiting) {
      const next = queue.next();
      if (next.done === true) continue;
      yield next.value;
      still.push(queue);
    }
    waiting = still;
  }
}

const maxShortBytes = 256 * 1024;

/** A summary tells the bytes of a stream as a whole: short archives count as the mean, at most as their limit, the long ones share the rest. */
export function estimatedBytes({ short, long, bytes }: StreamHoldings, archiveClass: LogClass): number {
  const [shorts, longs] = [count(short), count(long)];
  const shortBytes = Math.min(maxShortBytes, bytes / Math.max(1, shorts + longs));
  if (archiveClass === 'short') return Math.ceil(shortBytes);
  return Math.ceil((bytes - shorts * shortBytes) / Math.max(1, longs));
}

function count(set: SequenceSet): number {
  return set.reduce((sum, { first, last }) => sum + (last - first + 1), 0);
}
