/**
 * Unpacks a verified update into an empty folder of our own, reading the same private copy that was verified. Nothing
 * stays of an update that does not unpack exactly.
 */
import * as fs from 'node:fs';
import { writeAll } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { readContents, type FileSink } from '../parcel/archive.ts';
import type { ManifestFile } from '../parcel/manifest.ts';
import { readArchive, type VerifiedFile } from '../store/verified-file.ts';
import { newFilesBy, type OpenNew } from './new-file.ts';
import { isSmall, SmallFiles } from './small-files.ts';

/**
 * @param folder exists and is empty; its contents are scratch (not fsynced)
 * @throws FerrymanError `zip.*`, `manifest.*`, `unpack.disk-full`
 */
export async function unpack(file: VerifiedFile, folder: string): Promise<void> {
  const archive = await readArchive(file);
  const { openNew, writeNew } = newFilesBy(fs);
  const small = new SmallFiles(writeNew, archive.manifest.files.filter(isSmall).length);
  const tree = { folder, made: new Set(['']), openNew, small };
  try {
    await readContents(file.source, archive, (each) => openSink(tree, each));
    await small.finish();
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error;
    throw new FerrymanError(
      'unpack.disk-full',
      `${folder}: expected room for the update, found the disk full`,
      { cause: error },
    );
  } finally {
    await small.stop();
  }
}

/** The tree that is being unpacked. */
interface Tree {
  readonly folder: string;
  /** Paths of folders that are there; '' is the tree's own. */
  readonly made: Set<string>;
  readonly openNew: OpenNew;
  readonly small: SmallFiles;
}

function openSink(tree: Tree, file: ManifestFile): FileSink {
  makeParent(tree, file.path);
  const path = `${tree.folder}/${file.path}`; // what checkPath has accepted need not be normalised
  if (isSmall(file)) return tree.small.open({ ...file, path });
  const fd = tree.openNew(path, file.mode);
  return { write: (chunk) => writeAll(fd, chunk), close: () => fs.closeSync(fd) };
}

/** Makes the folder of a path. Folders are 0755 whatever the umask, like everything that a script finds. */
function makeParent(tree: Tree, path: string): void {
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  if (tree.made.has(parent)) return;
  makeParent(tree, parent);
  fs.mkdirSync(`${tree.folder}/${parent}`);
  fs.chmodSync(`${tree.folder}/${parent}`, 0o755);
  tree.made.add(parent);
}
