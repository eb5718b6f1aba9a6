/**
 * Room for archives: whether one more is taken, and what goes for it. Pure.
 *
 * A node never drops its own undelivered archives before foreign ones. Among foreign ones go, in this order: what is covered; of
 * origins above their fair share the largest; long before short; the least valuable; the oldest.
 * What updates, rosters and acknowledgements need is kept apart: `capacityBytes` is what is left for archives.
 */
import type { LogClass } from '../../parcel/log-archive.ts';

/** An archive as the pool sees it. */
export interface Stored {
  /** GUID of its origin. */
  readonly origin: string;
  readonly isOwn: boolean;
  readonly class: LogClass;
  readonly bytes: number;
  readonly isCovered: boolean;
  /** What a copy here is worth, by {@link file://./value.ts}; 0 where nothing is known. */
  readonly value: number;
  /** Rises with each archive that came: what came first is the oldest. */
  readonly arrival: number;
}

export interface Room {
  readonly capacityBytes: number;
  /** Fraction of the capacity above which the pool is cut down … */
  readonly highWater: number;
  /** … to this one. */
  readonly lowWater: number;
}

/** What is left for archives, when this much of the disk is ferryman's and this much is kept for what must always pass. */
export function capacityForArchives(quotaBytes: number, reserveBytes: number): number {
  return Math.max(0, quotaBytes - reserveBytes);
}

/** How many equal shares one origin may take before it is cut down first. */
const sharesPerOrigin = 2;

/** Bytes that one of so many origins may take of the relay pool. */
export function fairShare({ capacityBytes }: Room, origins: number): number {
  return (sharesPerOrigin * capacityBytes) / Math.max(1, origins);
}

/** `whyNot`: what stands against it. `evict`: what goes before it comes. */
export type Admission<Item extends Stored> =
  | { readonly evict: readonly Item[] }
  | { readonly whyNot: string };

/**
 * Whether a foreign archive is taken into the pool. It takes the place only of what is covered, of an origin above its share, or
 * of what is worth less: never of what is merely older, or two full nodes would swap the same archives for ever.
 */
export function admit<Item extends Stored>(
  candidate: Item,
  stored: readonly Item[],
  room: Room,
): Admission<Item> {
  let missing = bytesOf(stored) + candidate.bytes - room.capacityBytes;
  if (missing <= 0) return { evict: [] };
  if (candidate.bytes > room.capacityBytes) return { whyNot: 'it is larger than all the room for archives' };
  const evict: Item[] = [];
  for (const next of inOrderOfEviction([...stored, candidate], room)) {
    if (next.item === candidate || !mayReplace(next, candidate))
      return { whyNot: 'what is here is worth as much' };
    evict.push(next.item);
    missing -= next.item.bytes;
    if (missing <= 0) return { evict };
  }
  return { whyNot: 'the rest of the room holds what this node has made itself' };
}

function mayReplace({ item, because }: Victim<Stored>, candidate: Stored): boolean {
  if (because === 'covered') return true;
  if (because === 'share' && item.origin !== candidate.origin) return true;
  if (item.class !== candidate.class) return item.class === 'long';
  return item.value < candidate.value;
}

/** What goes from a pool above its high water mark, until it is down at the low one. Own undelivered archives stay. */
export function evictDownToLowWater<Item extends Stored>(stored: readonly Item[], room: Room): Item[] {
  let bytes = bytesOf(stored);
  if (bytes <= room.highWater * room.capacityBytes) return [];
  const evict: Item[] = [];
  for (const { item } of inOrderOfEviction(stored, room)) {
    if (bytes <= room.lowWater * room.capacityBytes) break;
    evict.push(item);
    bytes -= item.bytes;
  }
  return evict;
}

/** What an archive made here pushes out. */
export interface OwnAdmission<Item extends Stored> {
  readonly evict: readonly Item[];
  /** Own archives that nobody holds yet: each becomes a void. */
  readonly drop: readonly Item[];
}

/** Room for an archive made here: foreign ones go first; then own ones, oldest long first, never short while there are long ones. */
export function admitOwn<Item extends Stored>(
  candidate: Item,
  stored: readonly Item[],
  room: Room,
): OwnAdmission<Item> {
  let missing = bytesOf(stored) + candidate.bytes - room.capacityBytes;
  const evict: Item[] = [];
  const drop: Item[] = [];
  for (const { item } of missing > 0 ? inOrderOfEviction(stored, room) : []) {
    if (missing <= 0) break;
    evict.push(item);
    missing -= item.bytes;
  }
  const own = stored.filter((item) => item.isOwn && !item.isCovered).toSorted(longThenOldest);
  for (const item of own) {
    if (missing <= 0) break;
    drop.push(item);
    missing -= item.bytes;
  }
  return { evict, drop };
}

function longThenOldest(a: Stored, b: Stored): number {
  return byClass(a, b) || a.arrival - b.arrival;
}

function byClass(a: Stored, b: Stored): number {
  return Number(a.class === 'short') - Number(b.class === 'short');
}

/** The order in which foreign archives go, which makes a list that is in it already quick to put into it. */
export function leastFirst(a: Stored, b: Stored): number {
  return byClass(a, b) || a.value - b.value || a.arrival - b.arrival;
}

function bytesOf(items: readonly Stored[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

interface Victim<Item extends Stored> {
  readonly item: Item;
  readonly because: 'covered' | 'share' | 'worth';
}

/** All that may go, in order: what is covered, whoever made it, then foreign archives. */
function* inOrderOfEviction<Item extends Stored>(
  items: readonly Item[],
  room: Room,
): Generator<Victim<Item>, undefined> {
  for (const item of items) if (item.isCovered) yield { item, because: 'covered' };
  const foreign = items.filter((item) => !item.isCovered && !item.isOwn).toSorted(leastFirst);
  const gone = new Set<Item>();
  for (const item of overShare(foreign, room)) {
    gone.add(item);
    yield { item, because: 'share' };
  }
  for (const item of foreign) if (!gone.has(item)) yield { item, because: 'worth' };
}

/** Archives of the origins above their share, of the largest at each moment. @param foreign sorted, least first */
function* overShare<Item extends Stored>(foreign: readonly Item[], room: Room): Generator<Item, undefined> {
  const origins = new Map<string, { bytes: number; next: number; readonly items: Item[] }>();
  for (const item of foreign) {
    const origin = origins.get(item.origin) ?? { bytes: 0, next: 0, items: [] };
    origin.bytes += item.bytes;
    origin.items.push(item);
    origins.set(item.origin, origin);
  }
  const share = fairShare(room, origins.size);
  const over = [...origins.values()].filter(({ bytes }) => bytes > share);
  while (over.length > 0) {
    const largest = over.reduce((most, origin) => (origin.bytes > most.bytes ? origin : most));
    const item = largest.bytes > share ? largest.items[largest.next] : undefined;
    if (!item) return;
    largest.next += 1; // not by shift: of a hundred thousand each would move all others
    largest.bytes -= item.bytes;
    yield item;
  }
}
