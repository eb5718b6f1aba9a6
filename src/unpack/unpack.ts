/**
 * Unpacks a verified update into an empty folder of our own, reading the same private copy that was verified. Nothing
 * stays of an update that does not unpack exactly.
 */
import { chmodSync, closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeAll } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { readContents, type FileSink } from '../parcel/archive.ts';
import type { ManifestFile } from '../parcel/file-list.ts';
import { readArchive, type VerifiedFile } from '../store/verified-file.ts';

/**
 * @param folder exists and is empty; its contents are scratch (not fsynced)
 * @throws FerrymanError `zip.*`, `manifest.*`, `unpack.disk-full`
 */
export async function unpack(file: VerifiedFile, folder: string): Promise<void> {
  try {
    const tree = { folder, made: new Set([folder]), unmasked: new Set<number>() };
    await readContents(file.source, await readArchive(file), (each) => openSink(tree, each));
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error;
    throw new FerrymanError(
      'unpack.disk-full',
      `${folder}: expected room for the update, found the disk full`,
      { cause: error },
    );
  }
}

/** The tree that is being unpacked. */
interface Tree {
  readonly folder: string;
  /** Folders that are there. */
  readonly made: Set<string>;
  /** Modes of which this process's umask is known to take nothing. */
  readonly unmasked: Set<number>;
}

function openSink({ folder, made, unmasked }: Tree, { path, mode }: ManifestFile): FileSink {
  const target = join(folder, path);
  makeParents(dirname(target), made);
  const fd = openSync(
    target,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    mode,
  );
  if (!unmasked.has(mode)) {
    if ((fstatSync(fd).mode & 0o7777) === mode) unmasked.add(mode);
    else fchmodSync(fd, mode); // whatever the umask
  }
  return { write: (chunk) => writeAll(fd, chunk), close: () => closeSync(fd) };
}

/** Folders are 0755 whatever the umask, like everything that a script finds. */
function makeParents(folder: string, made: Set<string>): void {
  if (made.has(folder)) return;
  makeParents(dirname(folder), made);
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  made.add(folder);
}
