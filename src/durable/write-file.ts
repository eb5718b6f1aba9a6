/**
 * Files that appear under their final name only when they are whole and on the disk: temporary name, write, check the
 * length, fsync, rename, fsync the folder. A power cut leaves the old file, the new file, or a `.part` to be swept.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  write,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { FerrymanError, isSystemError } from '../errors.ts';
import { identifyProcess } from '../host/process-identity.ts';

/** The ending of names that are not whole yet. */
const partSuffix = '.part';

export interface WriteOptions {
  readonly mode: number;
  /** `replace` an existing file, or fail with `output.exists`. */
  readonly existing: 'replace' | 'refuse';
}

/** A file that is whole and on the disk, but not under its name yet. */
export interface PreparedFile {
  /** Gives it its name. @throws FerrymanError `output.exists` */
  publish(): void;
  /** Removes it; harmless after {@link publish}. */
  discard(): void;
}

/**
 * Writes a file under a temporary name beside its own: from here on it can fail only because the name is taken.
 *
 * @throws system errors (`ENOSPC`, `EACCES`, …) as they are, with nothing left behind
 */
export function prepareFile(
  path: string,
  contents: Buffer | string,
  { mode, existing }: WriteOptions,
): PreparedFile {
  const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents;
  const part = partPath(path);
  const discard = (): void => rmSync(part, { force: true });
  try {
    const fd = openSync(
      part,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      mode,
    );
    try {
      writeAll(fd, bytes);
      syncWhole(fd, bytes.length);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    discard();
    throw error;
  }
  const publish = (): void => {
    if (existing === 'replace') renameSync(part, path);
    else takeName(part, path);
    discard();
    syncFolder(dirname(path));
  };
  return { publish, discard };
}

/** One of two who want the same name gets it: link(2) decides. FAT has no links: there a look before must do. */
function takeName(part: string, path: string): void {
  try {
    linkSync(part, path);
  } catch (error) {
    if (isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS') && !existsSync(path)) {
      renameSync(part, path);
      return;
    }
    if (isSystemError(error, 'EEXIST', 'EPERM'))
      throw new FerrymanError('output.exists', `${path}: expected no such file, found one`, { cause: error });
    throw error;
  }
}

/**
 * Writes a file durably.
 *
 * @throws FerrymanError `output.exists`; system errors (`ENOSPC`, `EACCES`, …) as they are, with nothing left behind
 */
export function writeDurably(path: string, contents: Buffer | string, options: WriteOptions): void {
  const file = prepareFile(path, contents, options);
  try {
    file.publish();
  } finally {
    file.discard();
  }
}

/** A temporary name beside the final one, on the same file system; it tells which process writes it. */
export function partPath(path: string): string {
  return join(
    dirname(path),
    `.${basename(path)}.${randomBytes(6).toString('hex')}.${process.pid}${partSuffix}`,
  );
}

/** Writes every byte; a short write (a nearly full disk) is gone on with until the system says why. */
export function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}

/** As {@link writeAll}, on another core while the caller goes on; `bytes` must stay as they are until it is done. */
export async function writeAside(fd: number, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length;) done += (await promisify(write)(fd, bytes, done)).bytesWritten;
}

/** Bytes after which {@link EarlySync} sets the disk to work. */
const bytesPerSync = 16 * 1024 * 1024;

/**
 * Brings a large file to the disk while it is still being written, so that there is little left to wait for at the end. {@link
 * syncWhole} must follow. Wait for {@link end} before the descriptor is closed.
 */
export class EarlySync {
  readonly #fd: number;
  #sinceSync = 0;
  #syncing: Promise<void> = Promise.resolve();

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Call it after every write. @throws what the disk has said of an earlier one: no later sync would tell it again */
  async wrote(bytes: number): Promise<void> {
    this.#sinceSync += bytes;
    if (this.#sinceSync < bytesPerSync) return;
    this.#sinceSync = 0;
    await this.#syncing;
    this.#syncing = promisify(fdatasync)(this.#fd);
    this.#syncing.catch(() => undefined); // thrown where it is waited for
  }

  /** @throws as {@link wrote} */
  async end(): Promise<void> {
    await this.#syncing;
  }
}

/** Brings an open file to the disk after checking that all of it is there. */
export function syncWhole(fd: number, expectedBytes: number): void {
  const { size } = fstatSync(fd);
  if (size !== expectedBytes)
    throw new FerrymanError('output.failed', `expected ${expectedBytes} bytes to be written, found ${size}`);
  fsyncSync(fd);
}

/** Makes names in a folder durable. */
export function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Creates a folder, its name durable; the folders above it too. */
export function makeFolder(path: string, mode: number): void {
  const first = mkdirSync(path, { recursive: true, mode });
  if (first !== undefined)
    for (let made = path; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made));
}

/** Renames within one file system; both folders are synced. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) syncFolder(dirname(from));
}

/** Removes what interrupted writes left in a folder, if it is there; what a living process may still be writing stays. */
export function sweepParts(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const writer = /\.(\d+)\.part$/.exec(name)?.[1];
    if (writer !== undefined && !identifyProcess(Number(writer)))
      rmSync(join(folder, name), { recursive: true, force: true }); // a script may have put anything there
  }
}
