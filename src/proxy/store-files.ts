/** The files of the store: whole, durable, never replaced. Further contents under a name that is taken are kept apart as evidence. */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsync,
  futimesSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  makeFolder,
  partPath,
  renameDurably,
  sweepParts,
  syncFolder,
  writeAll,
  writeDurably,
} from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { isIncarnation, parseLogFileName } from '../parcel/log-file-name.ts';
import { isGuid } from '../parcel/recipients.ts';
import { archiveFile, incarnationFolder, type ArchiveName, type ProxyPlaces } from './places.ts';

/** Contents that are kept as evidence for one incarnation; of further ones it is only counted that they came. */
const maxForksKept = 16;

/** Files that are brought to the disk side by side: it takes little longer for many than for one. */
const sideBySide = 32;

/** A file that is whole, and not known to be on the disk. */
interface Pending {
  readonly fd: number;
  readonly part: string;
  readonly path: string;
  readonly bytes: number;
  readonly named: () => void;
}

/** Writes files of the store. Nothing of them may be told before {@link StoreWriter.flush} and {@link StoreWriter.syncFolders}. */
export class StoreWriter {
  readonly #places: ProxyPlaces;
  readonly #folders = new Set<string>();
  #pending: Pending[] = [];

  constructor(places: ProxyPlaces) {
    this.#places = places;
  }

  /**
   * Writes an archive. Its time of change says when it was received.
   *
   * @param named called when its contents are on the disk and it has its name
   * @throws FerrymanError `proxy.disk-full`, with nothing left behind
   */
  async put(name: ArchiveName, contents: Buffer, receivedAtMs: number, named: () => void): Promise<void> {
    await this.#write(archiveFile(this.#places, name), contents, receivedAtMs, named);
  }

  /** Keeps a second content of a name. @returns false when there is enough evidence of this incarnation */
  async putFork(name: ArchiveName, digest: string, contents: Buffer, receivedAtMs: number): Promise<boolean> {
    const folder = incarnationFolder(this.#places.forks, name);
    const path = join(folder, forkName(name, digest));
    if (existsSync(path)) return true;
    if (existsSync(folder) && readdirSync(folder).length >= maxForksKept) return false;
    await this.#write(path, contents, receivedAtMs, () => undefined);
    return true;
  }

  /** Makes names durable. */
  syncFolders(): void {
    for (const folder of this.#folders) syncFolder(folder);
    this.#folders.clear();
  }

  async #write(path: string, contents: Buffer, receivedAtMs: number, named: () => void): Promise<void> {
    const folder = dirname(path);
    const part = partPath(path);
    try {
      if (!this.#folders.has(folder)) makeFolder(folder, 0o700);
      for (const one of withAbove(folder)) this.#folders.add(one);
      const fd = openSync(
        part,
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        0o400,
      );
      this.#pending.push({ fd, part, path, bytes: contents.length, named });
      writeAll(fd, contents);
      futimesSync(fd, receivedAtMs / 1000, receivedAtMs / 1000);
    } catch (error) {
      const failed = this.#pending.at(-1);
      if (failed?.part === part) discard(this.#pending.splice(-1));
      throw asDiskFull(path, error);
    }
    if (this.#pending.length >= sideBySide) await this.flush();
  }

  /** Makes contents durable, and gives them their names. @throws FerrymanError `proxy.disk-full` */
  async flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    try {
      for (const { fd, bytes, path } of pending) checkWhole(fd, bytes, path);
      const synced = await Promise.allSettled(pending.map(({ fd }) => promisify(fsync)(fd)));
      for (const one of synced) if (one.status === 'rejected') throw one.reason;
      for (const { part, path, named } of pending) {
        renameSync(part, path);
        named();
      }
    } catch (error) {
      throw asDiskFull(this.#places.store, error);
    } finally {
      discard(pending);
    }
  }
}

/** A folder of the store with those of its origin and of all: one that was made just before a cut may not be on the disk itself. */
function withAbove(folder: string): string[] {
  return [folder, dirname(folder), dirname(dirname(folder))];
}

/** Makes durable what another process has left behind it, perhaps an instant ago. */
export function syncIncarnation(
  { store }: ProxyPlaces,
  name: Pick<ArchiveName, 'origin' | 'incarnation'>,
): void {
  for (const folder of withAbove(incarnationFolder(store, name))) syncFolder(folder);
}

/** Puts a damaged file under a name that is none of an archive: there a person finds it, and a sound copy can take its place. */
export function setApart(places: ProxyPlaces, name: ArchiveName): void {
  const path = archiveFile(places, name);
  if (existsSync(path)) renameDurably(path, `${path}.damaged`);
}

function checkWhole(fd: number, bytes: number, path: string): void {
  const { size } = fstatSync(fd);
  if (size !== bytes)
    throw new FerrymanError('output.failed', `${path}: expected ${bytes} bytes to be written, found ${size}`);
}

/** Closes files, and removes those that have no name. */
function discard(pending: readonly Pending[]): void {
  for (const { fd, part } of pending) {
    closeSync(fd);
    rmSync(part, { force: true });
  }
}

function forkName({ sequence, class: kind }: ArchiveName, digest: string): string {
  return `${String(sequence).padStart(10, '0')}.${kind}.${digest.slice(0, 32)}.zip`;
}

/** A full disk in our own words; any other error as it is. */
export function asDiskFull(path: string, error: unknown): unknown {
  if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) return error;
  return new FerrymanError('proxy.disk-full', `${path}: expected room in the store, found the disk full`, {
    cause: error,
  });
}

/** One folder of the store: the archives of one incarnation, by name alone. */
export interface StoredIncarnation {
  readonly origin: string;
  readonly incarnation: string;
  /** In order. */
  readonly archives: readonly ArchiveName[];
}

/** What stands in the store, incarnation by incarnation. Names that are none of ours are passed over. */
export function* listStore({ store }: ProxyPlaces): Generator<StoredIncarnation> {
  for (const origin of listFolder(store).filter(isGuid)) {
    for (const incarnation of listFolder(join(store, origin)).filter(isIncarnation)) {
      const archives = listFolder(join(store, origin, incarnation)).flatMap((name): ArchiveName[] => {
        const found = parseLogFileName(name);
        return found ? [{ origin, incarnation, ...found }] : [];
      });
      yield { origin, incarnation, archives };
    }
  }
}

/** Removes what a cut has left half-written. */
export function sweepStore({ store, forks }: ProxyPlaces): void {
  sweepParts(store);
  for (const under of [store, forks])
    for (const origin of listFolder(under).filter(isGuid)) {
      sweepParts(join(under, origin));
      for (const incarnation of listFolder(join(under, origin)).filter(isIncarnation))
        sweepParts(join(under, origin, incarnation));
    }
}

/** Evidence of forks: paths of files. */
export function* listForks({ forks }: ProxyPlaces): Generator<string> {
  for (const origin of listFolder(forks).filter(isGuid))
    for (const incarnation of listFolder(join(forks, origin)).filter(isIncarnation))
      for (const name of listFolder(join(forks, origin, incarnation)))
        if (name.endsWith('.zip') && !name.startsWith('.')) yield join(forks, origin, incarnation, name);
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path).toSorted();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** The shard of an origin, as the store itself says. */
export function readShard({ store }: ProxyPlaces, origin: string): number | undefined {
  try {
    const text = readFileSync(join(store, origin, 'shard'), 'utf8');
    return /^(0|[1-9]\d{0,4})\n$/.test(text) ? Number(text) : undefined;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

export function writeShard({ store }: ProxyPlaces, origin: string, shard: number): void {
  const folder = join(store, origin);
  try {
    makeFolder(folder, 0o700);
    writeDurably(join(folder, 'shard'), `${shard}\n`, { mode: 0o600, existing: 'replace' });
  } catch (error) {
    throw asDiskFull(folder, error);
  }
}
