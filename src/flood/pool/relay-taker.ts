/** Takes archives into the pool of a relay: within its room, by the decisions of src/flood/decide/room.ts. */
import { archiveLabel } from './archive-name.ts';
import type { Beliefs } from '../beliefs.ts';
import type { Archive, Stream, StreamHoldings } from '../decide/archive.ts';
import type { Cover, Refused } from '../decide/cover.ts';
import { admit, capacityForArchives, evictDownToLowWater, leastFirst, type Room } from '../decide/room.ts';
import type { Pool, StoredArchive } from './pool.ts';
import type { ProvenArchive } from './prove-archive.ts';
import type { Quarantine } from './quarantine.ts';
import { takeArchives, type StagedArchive } from './take-archives.ts';
import type { ArchiveIntake, ArchiveTaker } from './taker.ts';

/** Left on the disk for updates, rosters, acknowledgements, own logs and the ledger, whatever the configuration says. */
const reserveBytes = 128 * 1024 * 1024;
/** Archives in one contact for which others may go: each costs a look at all that are here. */
const maxEvictions = 100;
/** Cut down by more than has to be, so that a disk that goes on filling is not cut down at every look. */
const lowWater = 0.9;

export interface RelayRoom {
  /** Of the pool, by the configuration. */
  readonly maxBytes: number;
  /** Room on the disk, as the file system tells. */
  readonly freeBytes: () => number;
}

/** What a relay goes by. */
export interface RelayTaking {
  readonly beliefs: Beliefs;
  readonly quarantine: Quarantine;
  readonly room: RelayRoom;
  /** What a copy here is worth. */
  readonly value: (archive: Archive) => number;
}

export class RelayTaker implements ArchiveTaker {
  readonly #pool: Pool;
  readonly #cover: Cover;
  readonly #taking: RelayTaking;
  readonly #promises = new Promises();

  constructor(pool: Pool, cover: Cover, taking: RelayTaking) {
    this.#pool = pool;
    this.#cover = cover;
    this.#taking = taking;
  }

  of(stream: Stream): StreamHoldings | undefined {
    return this.#pool.of(stream);
  }

  /** Bytes for archives of others, with those that are here. */
  get capacity(): number {
    const { maxBytes, freeBytes } = this.#taking.room;
    const foreign = this.#pool.foreignBytes;
    return Math.min(maxBytes, capacityForArchives(foreign + freeBytes(), reserveBytes));
  }

  get free(): number {
    return Math.max(0, Math.floor(this.capacity - this.#pool.foreignBytes));
  }

  async begin(bytes: number): Promise<ArchiveIntake> {
    const isShort = bytes + this.#promises.netBytes > this.free;
    const stored = isShort ? await this.#stored() : undefined;
    const parts = { taker: this, pool: this.#pool, promises: this.#promises, ...this.#taking };
    return new RelayIntake(parts, stored);
  }

  /** In order: each archive for which others may go puts them into it anew. */
  async #stored(): Promise<StoredArchive[]> {
    const stored = await this.#pool.foreign(this.#cover, this.#taking.value);
    return stored.toSorted(leastFirst);
  }

  async tidy(): Promise<void> {
    if (this.#pool.foreignBytes <= this.capacity) return;
    const stored = await this.#stored();
    const room = { capacityBytes: this.capacity, highWater: 1, lowWater };
    const gone = evictDownToLowWater(stored, room);
    evict(this.#pool, this.#taking.quarantine, { gone, reason: 'no room: there is less than before' });
  }
}

function evict(
  pool: Pool,
  { notes, now }: Pick<Quarantine, 'notes' | 'now'>,
  { gone, reason }: { readonly gone: readonly StoredArchive[]; readonly reason: string },
): void {
  const at = now();
  notes.add(
    gone.map((archive) => {
      pool.remove(archive);
      return { name: archiveLabel(archive), digest: null, what: 'evicted', reason, peer: '', at };
    }),
  );
}

function bytesOf(archives: readonly StoredArchive[]): number {
  return archives.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** An archive that was let in and has not come yet. */
interface Promised {
  readonly bytes: number;
  /** What goes for it. */
  readonly victims: readonly StoredArchive[];
}

/** Room that was given away, by all intakes together. */
class Promises {
  /** Of what is to come. */
  grossBytes = 0;
  /** Without what goes for it. */
  netBytes = 0;
  /** Names of what goes. */
  readonly victims = new Set<string>();

  add({ bytes, victims }: Promised): void {
    this.grossBytes += bytes;
    this.netBytes += bytes - bytesOf(victims);
    for (const victim of victims) this.victims.add(archiveLabel(victim));
  }

  remove({ bytes, victims }: Promised): void {
    this.grossBytes -= bytes;
    this.netBytes -= bytes - bytesOf(victims);
    for (const victim of victims) this.victims.delete(archiveLabel(victim));
  }
}

interface IntakeParts extends RelayTaking {
  readonly taker: RelayTaker;
  readonly pool: Pool;
  readonly promises: Promises;
}

class RelayIntake implements ArchiveIntake {
  readonly #parts: IntakeParts;
  /** What may go for something else, as it was at the beginning; `undefined`: there was room for all. */
  readonly #stored: readonly StoredArchive[] | undefined;
  #evictions = 0;
  /** By name. */
  readonly #promised = new Map<string, Promised>();

  constructor(parts: IntakeParts, stored: readonly StoredArchive[] | undefined) {
    this.#parts = parts;
    this.#stored = stored;
  }

  admit(archive: Archive): boolean {
    const { taker, promises } = this.#parts;
    if (promises.netBytes + archive.bytes <= taker.free) return this.#promise(archive, []);
    if (!this.#stored || this.#evictions >= maxEvictions) return false;
    this.#evictions += 1;
    const answer = this.#forOthers(archive, this.#stored);
    return 'evict' in answer && this.#promise(archive, answer.evict);
  }

  #forOthers(archive: Archive, all: readonly StoredArchive[]): ReturnType<typeof admit<StoredArchive>> {
    const { taker, pool, promises, value } = this.#parts;
    // Contacts, and acknowledgements, come in between: what has gone or is to go makes no room once more.
    const stored = all.filter((one) => pool.has(one) && !promises.victims.has(archiveLabel(one)));
    const candidate: StoredArchive = {
      ...archive,
      isOwn: false,
      isCovered: false,
      value: value(archive),
      arrival: Infinity,
    };
    const room: Room = { capacityBytes: taker.capacity - promises.grossBytes, highWater: 1, lowWater: 1 };
    return admit(candidate, stored, room);
  }

  #promise(archive: Archive, victims: readonly StoredArchive[]): true {
    const label = archiveLabel(archive);
    this.#release(label);
    const promised = { bytes: archive.bytes, victims };
    this.#promised.set(label, promised);
    this.#parts.promises.add(promised);
    return true;
  }

  /** @returns what was to go for it */
  #release(label: string): readonly StoredArchive[] {
    const promised = this.#promised.get(label);
    if (!promised) return [];
    this.#promised.delete(label);
    this.#parts.promises.remove(promised);
    return promised.victims;
  }

  async take(staged: readonly StagedArchive[], refused: Refused, peer: string): Promise<number> {
    const { pool, beliefs, quarantine } = this.#parts;
    const taken = await takeArchives(staged, {
      pool,
      nodeTrust: beliefs.nodeTrust,
      refused,
      quarantine,
      peer,
      makeRoom: (archive) => this.#makeRoom(archive),
    });
    return taken.length;
  }

  /** What was to go for it goes, now that it is proven: unless even so it has no room, larger than its neighbour has said. */
  #makeRoom(archive: ProvenArchive): string | undefined {
    const { taker, pool, quarantine } = this.#parts;
    const label = archiveLabel(archive);
    const gone = this.#release(label).filter((victim) => pool.has(victim));
    if (archive.bytes > taker.free + bytesOf(gone)) return 'there is no room for it';
    evict(pool, quarantine, { gone, reason: `no room: ${label} came` });
    return undefined;
  }

  end(): void {
    for (const label of this.#promised.keys()) this.#release(label);
  }
}
