/**
 * The archives of logs that stand here, own ones and those of others: the files are the truth, and what is remembered of them is made
 * from them at the start. Whatever comes in has been verified by then.
 */
import { lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sweepParts } from '../../durable/write-file.ts';
import { isSystemError } from '../../errors.ts';
import { streamKey, type Archive, type Stream, type StreamHoldings } from '../decide/archive.ts';
import type { Cover } from '../decide/cover.ts';
import { each, contains, intersect, nothing, one, subtract, union } from '../../parcel/sequence-sets.ts';
import type { Stored } from '../decide/room.ts';
import { archivePath, type NamedArchive } from './archive-name.ts';
import { listArchives, scanArchives, scanOrigin } from './scan.ts';

/** An archive as the decisions about room see it. */
export type StoredArchive = Archive & Stored;

export class Pool {
  /** `relay/logs`, or on a gateway `homeward/logs`. */
  readonly folder: string;
  /** GUID of this node. */
  readonly #own: string;
  #streams = new Map<string, StreamHoldings>();

  constructor(folder: string, own: string) {
    this.folder = folder;
    this.#own = own;
  }

  /** Looks at every file. */
  async load(): Promise<void> {
    const streams = new Map<string, StreamHoldings>();
    // What the packer had not finished when it was cut off.
    for await (const { incarnation } of scanOrigin(this.folder, this.#own))
      sweepParts(join(this.folder, this.#own, incarnation));
    for await (const holdings of scanArchives(this.folder)) streams.set(streamKey(holdings), holdings);
    this.#streams = streams;
  }

  /** Looks anew at the archives of this node, which others put here and take away. @returns true when they have changed */
  async lookAtOwn(): Promise<boolean> {
    const before = JSON.stringify(this.#ofOrigin(this.#own));
    const found: StreamHoldings[] = [];
    for await (const holdings of scanOrigin(this.folder, this.#own)) found.push(holdings);
    for (const holdings of this.#ofOrigin(this.#own)) this.#streams.delete(streamKey(holdings));
    for (const holdings of found) this.#streams.set(streamKey(holdings), holdings);
    return JSON.stringify(this.#ofOrigin(this.#own)) !== before;
  }

  #ofOrigin(origin: string): StreamHoldings[] {
    return this.holdings().filter((holdings) => holdings.origin === origin);
  }

  /** Sorted by origin and incarnation. */
  holdings(): StreamHoldings[] {
    return [...this.#streams.entries()]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, holdings]) => holdings);
  }

  of(stream: Stream): StreamHoldings | undefined {
    return this.#streams.get(streamKey(stream));
  }

  has({ sequence, ...stream }: Pick<NamedArchive, 'origin' | 'incarnation' | 'sequence'>): boolean {
    const holdings = this.of(stream);
    return (
      holdings !== undefined && (contains(holdings.short, sequence) || contains(holdings.long, sequence))
    );
  }

  pathOf(archive: NamedArchive): string {
    return join(this.folder, archivePath(archive));
  }

  /** Bytes of the archives of other nodes. */
  get foreignBytes(): number {
    let bytes = 0;
    for (const holdings of this.#streams.values()) if (holdings.origin !== this.#own) bytes += holdings.bytes;
    return bytes;
  }

  /** Remembers an archive whose file has just got its name. */
  added(archive: Archive): void {
    const before = this.of(archive) ?? { short: nothing, long: nothing, bytes: 0 };
    this.#streams.set(streamKey(archive), {
      origin: archive.origin,
      incarnation: archive.incarnation,
      short: before.short,
      long: before.long,
      [archive.class]: union(before[archive.class], one(archive.sequence)),
      bytes: before.bytes + archive.bytes,
    });
  }

  /** Removes the file of an archive. @returns its bytes; `undefined` when it was not there */
  remove(archive: NamedArchive): number | undefined {
    const path = this.pathOf(archive);
    const bytes = lstatSync(path, { throwIfNoEntry: false })?.size;
    rmSync(path, { force: true });
    this.#forget(archive, bytes ?? 0);
    return bytes;
  }

  #forget(archive: NamedArchive, bytes: number): void {
    const before = this.of(archive);
    if (!before) return;
    const after = {
      ...before,
      [archive.class]: subtract(before[archive.class], one(archive.sequence)),
      bytes: Math.max(0, before.bytes - bytes),
    };
    if (after.short.length > 0 || after.long.length > 0) {
      this.#streams.set(streamKey(archive), after);
      return;
    }
    this.#streams.delete(streamKey(archive));
    const folder = dirname(this.pathOf(archive));
    for (const empty of [folder, dirname(folder)]) removeIfEmpty(empty);
  }

  /** Foreign archives here that nobody needs any more: covered, or of an incarnation that the office has closed. */
  *unneeded(cover: Cover, closed: ReadonlySet<string>): Generator<NamedArchive> {
    for (const holdings of this.holdings()) {
      if (holdings.origin === this.#own) continue;
      const isClosed = closed.has(streamKey(holdings));
      for (const kind of ['short', 'long'] as const) {
        const sequences = isClosed ? holdings[kind] : intersect(holdings[kind], cover.of(holdings));
        for (const sequence of each(sequences))
          yield { origin: holdings.origin, incarnation: holdings.incarnation, sequence, class: kind };
      }
    }
  }

  /** Every archive of others with its size: for decisions about room, when it is short. @param value of a copy here */
  async foreign(cover: Cover, value: (archive: Archive) => number): Promise<StoredArchive[]> {
    const stored: StoredArchive[] = [];
    for await (const { archive, arrivedMs } of listArchives(this.folder))
      if (archive.origin !== this.#own)
        stored.push({
          ...archive,
          isOwn: false,
          isCovered: cover.has(archive),
          value: value(archive),
          arrival: arrivedMs,
        });
    return stored;
  }
}

function removeIfEmpty(folder: string): void {
  try {
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTEMPTY')) throw error;
  }
}
