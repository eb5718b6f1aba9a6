/**
 * Brings an archive into this node's own pool, durable step by durable step:
 *
 *   1. the sequence is reserved   2. the archive is built, signed and on the disk, without its name   3. the ledger says so, and what it holds
 *   4. it gets its name: from here on neighbours may have it   5. the ledger moves the positions on
 *
 * Cut before 4 the sequence is void, and what was in it goes into the next archive; after 4 {@link settle} finishes it, once the name is known to
 * be on the disk.
 */
import { FerrymanError, isSystemError } from '../errors.ts';
import { admitOwn, type Stored } from '../flood/decide/room.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LogClass } from '../parcel/log-archive.ts';
import type { LogStream } from '../ledger/log-streams.ts';
import { hashParcel } from '../parcel/framing.ts';
import { maxRanges } from '../parcel/limits.ts';
import { packLog, type NodeSigner, type PackedFile } from '../parcel/pack.ts';
import {
  hasOwnArchive,
  putOwnArchive,
  removeOwnArchive,
  syncOwnArchives,
  type OwnPlace,
} from './own-archives.ts';
import type { SequenceRange } from '../parcel/sequences.ts';
import { readPosition, writePosition, type Position } from './position.ts';

/** What holds when an archive is in the pool. */
export interface Progress {
  readonly position: Position;
  /** As they stand then. */
  readonly streams: readonly LogStream[];
  /** Streams of which nothing is new, and whose files are still there. */
  readonly seen: readonly number[];
}

export interface Publication {
  readonly class: LogClass;
  readonly full: boolean;
  readonly files: readonly PackedFile[];
  readonly progress: Progress;
}

export interface Published {
  readonly sequence: number;
  readonly digest: string;
  readonly bytes: number;
  /** Own archives that were dropped undelivered to make room. */
  readonly dropped: readonly number[];
}

export interface Publisher {
  readonly place: OwnPlace;
  readonly ledger: Ledger;
  readonly signer: NodeSigner;
  /** RFC 3339. */
  readonly now: () => string;
  /** For all own archives together. */
  readonly capacityBytes: number;
}

export type Own = Pick<Publisher, 'place' | 'ledger'>;

/** Room for manifest, signature and headers. */
const aroundBytes = 16 * 1024;

/** @throws FerrymanError `logs.disk-full`, `ledger.disk-full` */
export function publish(publisher: Publisher, publication: Publication): Published {
  const { ledger, now } = publisher;
  const contents = publication.files.reduce((sum, { size }) => sum + size, aroundBytes);
  const dropped = makeRoom(publisher, { class: publication.class, bytes: contents });
  const sequence = ledger.logArchives.reserve(publication.class, now());
  try {
    return { ...publishAs(sequence, publisher, publication), dropped };
  } catch (error) {
    settleQuietly(publisher);
    // It has its name, and that is on the disk by now: what went wrong in between is over.
    const { state, digest, bytes } = ledger.logArchives.find(sequence) ?? {};
    if (state === 'stored' && digest && bytes) return { sequence, digest, bytes, dropped };
    throw isSystemError(error, 'ENOSPC', 'EDQUOT')
      ? new FerrymanError('logs.disk-full', `expected room for an archive of logs: ${error.message}`, {
          cause: error,
        })
      : error;
  }
}

/** The same as after a crash; where not even that can be done the next start does it. */
function settleQuietly(publisher: Publisher): void {
  try {
    settle(publisher);
  } catch (error) {
    if (!(error instanceof FerrymanError) && !isSystemError(error)) throw error;
  }
}

function publishAs(
  sequence: number,
  { place, ledger, signer, now }: Publisher,
  { class: logClass, full, files, progress }: Publication,
): Omit<Published, 'dropped'> {
  const previous = ledger.logArchives.newest()?.digest;
  const parcel = packLog(
    {
      origin: place.node.guid,
      incarnation: place.incarnation,
      sequence,
      class: logClass,
      created: now(),
      ...(previous ? { previous } : {}),
      full,
      // Older ones stood in earlier archives: more ranges no reader takes.
      voids: ledger.logArchives.voids().slice(-maxRanges),
    },
    files,
    signer,
  );
  const { digest } = hashParcel(parcel);
  const file = putOwnArchive(place, { sequence, class: logClass }, parcel);
  try {
    ledger.logArchives.setBuilt(sequence, digest, parcel.length, JSON.stringify(progress));
    file.publish();
  } finally {
    file.discard();
  }
  finish(ledger, sequence, progress);
  return { sequence, digest, bytes: parcel.length };
}

function finish(ledger: Ledger, sequence: number, { position, streams, seen }: Progress): void {
  ledger.transaction(() => {
    for (const stream of streams) ledger.logStreams.set(stream, sequence);
    ledger.logStreams.setSeen(seen, sequence);
    ledger.logStreams.forgetOldest();
    writePosition(ledger, position);
    ledger.logArchives.setStored(sequence);
  });
}

/**
 * Comes to a good end with what a crash, or a failing disk, has left. Call it before anything is packed.
 *
 * @returns sequences that are void by that
 * @throws system errors: a name that may not be on the disk counts for nothing, and its archive is settled the next time
 */
export function settle({ place, ledger }: Own): number[] {
  const voids: number[] = [];
  for (const row of ledger.logArchives.unfinished()) {
    if (row.state === 'built' && row.progress !== null && hasOwnArchive(place, row)) {
      syncOwnArchives(place);
      finish(ledger, row.sequence, JSON.parse(row.progress) as Progress);
    } else {
      ledger.logArchives.setVoid(row.sequence, 'cut off while it was built');
      voids.push(row.sequence);
    }
  }
  // A disk that has lost a file says nothing of it: what was in it is missing, and is to be known to be.
  for (const row of ledger.logArchives.waiting()) {
    if (hasOwnArchive(place, row)) continue;
    ledger.logArchives.setVoid(row.sequence, 'its file is gone');
    voids.push(row.sequence);
  }
  removeLeftOver({ place, ledger });
  return voids;
}

type OwnArchive = Stored & { readonly sequence: number };

/** The ledger first: a file that is there too long is harmless, one that is missing and not declared is a loss that nobody hears of. */
function makeRoom(
  { place, ledger, capacityBytes }: Publisher,
  next: { readonly class: LogClass; readonly bytes: number },
): number[] {
  const own = { origin: place.node.guid, isOwn: true, isCovered: false, value: 0 };
  const waiting = ledger.logArchives.waiting().map(({ sequence, class: kind, bytes }) => ({
    ...own,
    sequence,
    class: kind,
    bytes: bytes ?? 0,
    arrival: sequence,
  }));
  const candidate: OwnArchive = { ...own, ...next, sequence: Infinity, arrival: Infinity };
  const { drop } = admitOwn(candidate, waiting, { capacityBytes, highWater: 1, lowWater: 1 });
  for (const { sequence } of drop) ledger.logArchives.setVoid(sequence, 'dropped undelivered: no room');
  removeLeftOver({ place, ledger });
  return drop.map(({ sequence }) => sequence);
}

/**
 * Own archives that a proxy holds, by an acknowledgement whose chain is this node's own (docs/format.md §15), go.
 *
 * @param held sequences of the incarnation of this ledger; what is not waiting is left as it is
 */
export function release({ place, ledger }: Own, held: readonly SequenceRange[]): void {
  ledger.logArchives.setDelivered(held);
  removeLeftOver({ place, ledger });
}

function removeLeftOver({ place, ledger }: Own): void {
  for (const row of ledger.logArchives.leftOver()) {
    removeOwnArchive(place, row);
    ledger.logArchives.setGone(row.sequence);
  }
}

/** Nothing has gone into any archive yet. */
export function isBeginning(ledger: Ledger): boolean {
  const { transition, contact, cursor } = readPosition(ledger);
  return transition === 0 && contact === 0 && cursor === null && ledger.logStreams.next() === 1;
}
