/**
 * Unpacks a verified update into an empty folder of our own, reading the same private copy that was verified. Nothing
 * stays of an update that does not unpack exactly.
 */
import { chmodSync, closeSync, constants, fchmodSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FileSource, withFile } from '../durable/file-source.ts';
import { writeAll } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { openArchive, readContents, type FileSink } from '../parcel/archive.ts';
import type { Framing } from '../parcel/framing.ts';
import type { ManifestFile } from '../parcel/manifest.ts';
import type { VerifiedParcel } from '../verify/verify.ts';

/** What unpacking needs: proof that the parcel is the office's, and its private copy. */
export interface VerifiedFile {
  readonly path: string;
  readonly framing: Framing;
  readonly proof: VerifiedParcel;
}

/**
 * @param folder exists and is empty; its contents are scratch (not fsynced)
 * @throws FerrymanError `zip.*`, `manifest.*`, `unpack.disk-full`
 */
export async function unpack({ path, framing }: VerifiedFile, folder: string): Promise<void> {
  try {
    await withFile(path, 'refuse', async (fd) => {
      const source = new FileSource(fd);
      const archive = await openArchive(source, framing.eocdOffset);
      const made = new Set([folder]);
      await readContents(source, archive, (file) => openSink(folder, file, made));
    });
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error;
    throw new FerrymanError(
      'unpack.disk-full',
      `${folder}: expected room for the update, found the disk full`,
      { cause: error },
    );
  }
}

function openSink(folder: string, { path, mode }: ManifestFile, made: Set<string>): FileSink {
  const target = join(folder, path);
  makeParents(dirname(target), made);
  const fd = openSync(
    target,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    mode,
  );
  fchmodSync(fd, mode); // whatever the umask
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
