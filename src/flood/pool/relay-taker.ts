/** Takes archives into the pool of a relay: within its room, by the decisions of src/flood/decide/room.ts. */
import { statfsSync } from 'node:fs';
import { archiveLabel } from './archive-name.ts';
import type { Beliefs } from '../beliefs.ts';
import type { Archive, Stream, StreamHoldings } from '../decide/archive.ts';
import type { Cover, Refused } from '../decide/cover.ts';
import { admit, capacityForArchives, type Room } from '../decide/room.ts';
import type { Pool, StoredArchive } from './pool.ts';
import type { ProvenArchive } from './prove-archive.ts';
import type { Quarantine } from './quarantine.ts';
import { takeArchives, type StagedArchive } from './take-archives.ts';
import type { ArchiveTaker } from './taker.ts';

/** Left on the disk for updates, rosters, acknowledgements and the ledger, whatever the configuration says. */
const reserveBytes = 128 * 1024 * 1024;
/** Archives in one contact for which others may go: each costs a look at all that are here. */
const maxEvictions = 100;

export interface RelayRoom {
  /** Of the pool, by the configuration. */
  readonly maxBytes: number;
  /** Room on the disk, as the file system tells. */
  readonly freeBytes: () => number;
}

/** The room on the disk of a folder. */
export function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

export class RelayTaker implements ArchiveTaker {
  readonly #pool: Pool;
  readonly #cover: Cover;
  readonly #beliefs: Beliefs;
  readonly #quarantine: Quarantine;
  readonly #room: RelayRoom;
  /** What may go for something else; looked at only when room is short. */
  #stored: StoredArchive[] | undefined;
  #evictions = 0;
  #reserved = 0;
  /** By the name of an archive that was let in: what goes for it. */
  #victims = new Map<string, readonly StoredArchive[]>();

  constructor(pool: Pool, cover: Cover, beliefs: Beliefs, rest: { quarantine: Quarantine; room: RelayRoom }) {
    this.#pool = pool;
    this.#cover = cover;
    this.#beliefs = beliefs;
    this.#quarantine = rest.quarantine;
    this.#room = rest.room;
  }

  of(stream: Stream): StreamHoldings | undefined {
    return this.#pool.of(stream);
  }

  get #capacity(): number {
    const { maxBytes, freeBytes } = this.#room;
    const foreign = this.#pool.foreignBytes;
    return Math.min(maxBytes, capacityForArchives(foreign + freeBytes(), reserveBytes));
  }

  get free(): number {
    return Math.max(0, Math.floor(this.#capacity - this.#pool.foreignBytes));
  }

  async prepare(bytes: number): Promise<void> {
    this.#reserved = 0;
    this.#evictions = 0;
    this.#victims = new Map();
    this.#stored = bytes > this.free ? await this.#pool.foreign(this.#cover) : undefined;
  }

  admit(archive: Archive): boolean {
    if (this.#reserved + archive.bytes <= this.free) {
      this.#reserved += archive.bytes;
      return true;
    }
    if (!this.#stored || this.#evictions >= maxEvictions) return false;
    this.#evictions += 1;
    const room: Room = { capacityBytes: this.#capacity - this.#reserved, highWater: 1, lowWater: 1 };
    const candidate = { ...archive, isOwn: false, isCovered: false, value: 0, arrival: Infinity };
    const answer = admit(candidate, this.#stored, room);
    if ('whyNot' in answer) return false;
    const gone = new Set(answer.evict);
    this.#stored = this.#stored.filter((one) => !gone.has(one));
    this.#reserved += archive.bytes - answer.evict.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#victims.set(archiveLabel(archive), answer.evict);
    return true;
  }

  async take(staged: readonly StagedArchive[], refused: Refused, peer: string): Promise<number> {
    const taken = await takeArchives(staged, {
      pool: this.#pool,
      nodeTrust: this.#beliefs.nodeTrust,
      refused,
      quarantine: this.#quarantine,
      peer,
      makeRoom: (archive) => this.#makeRoom(archive),
    });
    return taken.length;
  }

  /** What was to go for it goes, now that it is proven. */
  #makeRoom(archive: ProvenArchive): string | undefined {
    const { notes, now } = this.#quarantine;
    for (const victim of this.#victims.get(archiveLabel(archive)) ?? []) {
      this.#pool.remove(victim);
      const reason = `no room: ${archiveLabel(archive)} came`;
      notes.add([{ name: archiveLabel(victim), digest: null, what: 'evicted', reason, peer: '', at: now() }]);
    }
    return archive.bytes <= this.free ? undefined : 'there is no room for it';
  }
}
