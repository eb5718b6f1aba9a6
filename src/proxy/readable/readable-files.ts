/**
 * Logs to be read: of each incarnation every path is one file, put together from its archives in the order of their numbers, whatever
 * the order in which they came. The index says of which archive each stretch is, so that nothing stands there twice: bytes behind what it
 * knows were left by a cut and are overwritten; a late archive is let in by writing the file anew beside itself.
 *
 * All of it can be made anew from the store: a file is synced before the index says that it is there, and never instead of the store.
 */
import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { makeFolder, partPath, sweepParts, syncFolder } from '../../durable/write-file.ts';
import { incarnationFolder, type ArchiveName, type ProxyPlaces } from '../places.ts';

/** What one archive adds to one file. */
export interface Piece {
  /** Below the incarnation's folder. */
  readonly path: string;
  /** A file of ours that holds the bytes. */
  readonly file: string;
}

interface PathRow {
  readonly id: number;
  readonly bytes: number;
}

const chunkBytes = 1024 * 1024;
/** Files that are open at a time. */
const maxOpen = 200;

/** Works inside a transaction of the index, which must be committed after {@link sync} and before {@link publish}. */
export class ReadableFiles {
  readonly #places: ProxyPlaces;
  readonly #database: Database.Database;
  readonly #findPath: Database.Statement<[number, string], PathRow>;
  readonly #findLater: Database.Statement<[number, number], object>;
  readonly #addSegment: Database.Statement<[number, number, number]>;
  readonly #grow: Database.Statement<[number, number]>;
  readonly #open = new Map<string, number>();
  readonly #folders = new Set<string>();
  readonly #buffer = Buffer.allocUnsafe(chunkBytes);

  constructor(places: ProxyPlaces, database: Database.Database) {
    this.#places = places;
    this.#database = database;
    this.#findPath = database.prepare('SELECT id, bytes FROM paths WHERE of = ? AND path = ?');
    this.#findLater = database.prepare('SELECT 1 FROM segments WHERE path = ? AND sequence > ? LIMIT 1');
    this.#addSegment = database.prepare('INSERT INTO segments (path, sequence, bytes) VALUES (?, ?, ?)');
    this.#grow = database.prepare('UPDATE paths SET bytes = bytes + ? WHERE id = ?');
  }

  /** True when an archive with a higher number has added to one of the paths: it is to be added in a transaction of its own. */
  isLate(of: number, sequence: number, pieces: readonly Piece[]): boolean {
    return pieces.some(({ path }) => {
      const row = this.#path(of, path);
      return row !== undefined && this.#hasLater(row.id, sequence);
    });
  }

  /** Adds what an archive brings. @throws system errors: the transaction is to be rolled back then, and {@link close} called */
  add(of: number, name: ArchiveName, pieces: readonly Piece[]): void {
    for (const { path, file } of pieces) {
      const row = this.#path(of, path) ?? this.#newPath(of, path);
      const target = join(incarnationFolder(this.#places.unpacked, name), path);
      const added = this.#hasLater(row.id, name.sequence)
        ? this.#insert(row, name.sequence, target, file)
        : this.#append(row, target, file);
      this.#addSegment.run(row.id, name.sequence, added);
      this.#grow.run(added, row.id);
    }
  }

  /** Brings all that was added to the disk. */
  sync(): void {
    this.#syncFiles();
    for (const folder of this.#folders) syncFolder(folder);
    this.#folders.clear();
  }

  #syncFiles(): void {
    for (const fd of this.#open.values()) fsyncSync(fd);
    this.close();
  }

  /** Puts the files that were written anew into their places; also what a cut has left undone. */
  publish(): void {
    const swaps = this.#database
      .prepare<[], { id: number; path: string; part: string; origin: string; incarnation: string }>(
        `SELECT paths.id, paths.path, part, origin, incarnation FROM swaps
         JOIN paths ON paths.id = swaps.path JOIN incarnations ON incarnations.id = paths.of`,
      )
      .all();
    for (const { id, path, part, ...name } of swaps) {
      const target = join(incarnationFolder(this.#places.unpacked, name), path);
      try {
        renameSync(join(dirname(target), part), target);
        syncFolder(dirname(target));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error; // it has its place already
      }
      this.#database.prepare('DELETE FROM swaps WHERE path = ?').run(id);
    }
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  /** Behind what the index knows of the file. */
  #append({ bytes }: PathRow, target: string, file: string): number {
    const fd = this.#opened(target);
    ftruncateSync(fd, bytes);
    return this.#copy(file, fd, bytes);
  }

  /** Between what is there, into a file beside it. */
  #insert({ id, bytes }: PathRow, sequence: number, target: string, file: string): number {
    const before =
      this.#database
        .prepare<[number, number], { bytes: number }>(
          'SELECT coalesce(sum(bytes), 0) AS bytes FROM segments WHERE path = ? AND sequence < ?',
        )
        .get(id, sequence)?.bytes ?? 0;
    sweepParts(dirname(target));
    const part = partPath(target);
    const fd = openSync(
      part,
      constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o640,
    );
    try {
      this.#copy(target, fd, 0, { from: 0, to: before });
      const added = this.#copy(file, fd, before);
      this.#copy(target, fd, before + added, { from: before, to: bytes });
      fsyncSync(fd);
      this.#database.prepare('INSERT INTO swaps (path, part) VALUES (?, ?)').run(id, basename(part));
      return added;
    } catch (error) {
      rmSync(part, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  #opened(target: string): number {
    const known = this.#open.get(target);
    if (known !== undefined) return known;
    if (this.#open.size >= maxOpen) this.#syncFiles();
    const folder = dirname(target);
    if (!this.#folders.has(folder)) makeFolder(folder, 0o750);
    const fd = openSync(target, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o640);
    this.#open.set(target, fd);
    this.#folders.add(folder);
    return fd;
  }

  /** @returns the bytes that were copied */
  #copy(source: string, to: number, at: number, range = { from: 0, to: Infinity }): number {
    const from = openSync(source, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      let done = 0;
      for (;;) {
        const wanted = Math.min(chunkBytes, range.to - range.from - done);
        const count = wanted > 0 ? readSync(from, this.#buffer, 0, wanted, range.from + done) : 0;
        if (count === 0) return done;
        writeAllAt(to, this.#buffer.subarray(0, count), at + done);
        done += count;
      }
    } finally {
      closeSync(from);
    }
  }

  #path(of: number, path: string): PathRow | undefined {
    return this.#findPath.get(of, path);
  }

  #newPath(of: number, path: string): PathRow {
    const { lastInsertRowid } = this.#database
      .prepare('INSERT INTO paths (of, path, bytes) VALUES (?, ?, 0)')
      .run(of, path);
    return { id: Number(lastInsertRowid), bytes: 0 };
  }

  #hasLater(path: number, sequence: number): boolean {
    return this.#findLater.get(path, sequence) !== undefined;
  }
}

function writeAllAt(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}
