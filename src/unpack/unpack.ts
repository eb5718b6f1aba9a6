/**
 * Unpacks a verified update into an empty folder of our own, reading the same private copy that was verified. Nothing
 * stays of an update that does not unpack exactly.
 */
import { chmodSync, closeSync, mkdirSync } from 'node:fs';
import { writeAll } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { readContents, type Archive, type FileSink } from '../parcel/archive.ts';
import type { ManifestFile } from '../parcel/file-list.ts';
import type { ByteSource } from '../parcel/byte-source.ts';
import { readArchive, type VerifiedFile } from '../store/verified-file.ts';
import { NewFiles } from './new-files.ts';

/**
 * @param folder exists and is empty; its contents are scratch (not fsynced)
 * @throws FerrymanError `zip.*`, `manifest.*`, `unpack.disk-full`
 */
export async function unpack(file: VerifiedFile, folder: string): Promise<void> {
  try {
    await writeTree(file.source, await readArchive(file), folder);
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error;
    throw new FerrymanError(
      'unpack.disk-full',
      `${folder}: expected room for the update, found the disk full`,
      { cause: error },
    );
  }
}

async function writeTree(source: ByteSource, archive: Archive, folder: string): Promise<void> {
  const { files } = archive.manifest;
  makeFolders(folder, files);
  const created = new NewFiles(folder, files);
  try {
    await readContents(source, archive, () => sinkInto(created.open()));
  } finally {
    await created.close();
  }
}

function sinkInto(fd: number): FileSink {
  return { write: (chunk) => writeAll(fd, chunk), close: () => closeSync(fd) };
}

/** Makes the folders of all files. */
function makeFolders(folder: string, files: readonly ManifestFile[]): void {
  const made = new Set(['']);
  for (const { path } of files) makeParent({ folder, made }, path);
}

/** Makes the folder of a path. Folders are 0755 whatever the umask, like everything that a script finds. */
function makeParent(tree: { readonly folder: string; readonly made: Set<string> }, path: string): void {
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  if (tree.made.has(parent)) return;
  makeParent(tree, parent);
  mkdirSync(`${tree.folder}/${parent}`);
  chmodSync(`${tree.folder}/${parent}`, 0o755);
  tree.made.add(parent);
}
