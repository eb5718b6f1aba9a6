/** Reads the folder that is to become an update. Everything is checked before anything is written. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FerrymanError } from '../../src/errors.ts';
import type { Mode } from '../../src/parcel/canonical-zip.ts';
import { maxContentBytes, maxFiles } from '../../src/parcel/limits.ts';
import { packedFile, type PackedFile } from '../../src/parcel/pack.ts';
import { manifestPath } from '../../src/parcel/parcel-kind.ts';
import { checkPath, PathSet } from '../../src/parcel/path.ts';

/** A file as the folder lists it, before it is read. */
interface FoundFile {
  readonly path: string;
  readonly size: number;
}

/**
 * Reads a folder: regular files only, names that the format takes, sorted by path byte by byte. Modes become 0755 when
 * the owner may execute, else 0644. Empty folders do not travel.
 *
 * @throws FerrymanError `pack.unsupported-file`, `zip.bad-name`, `zip.duplicate-name`, `zip.too-large`, `pack.changed`
 */
export function readFolder(folder: string): PackedFile[] {
  const found = [...walk(folder, '')];
  const paths = new PathSet();
  for (const { path } of found) {
    if (path.toLowerCase() === manifestPath)
      throw new FerrymanError(
        'zip.bad-name',
        `file ${path}: expected another name, this one is kept for the manifest`,
      );
    paths.add(checkPath(path));
  }
  if (found.length === 0)
    throw new FerrymanError('pack.unsupported-file', `${folder}: expected files, found none`);
  if (found.length > maxFiles)
    throw new FerrymanError(
      'zip.too-large',
      `${folder}: expected at most ${maxFiles} files, found ${found.length}`,
    );
  let total = 0;
  for (const { path, size } of found) {
    total += size;
    if (total > maxContentBytes)
      throw new FerrymanError(
        'zip.too-large',
        `${path}: expected contents of at most ${maxContentBytes} bytes in all, found more`,
      );
  }
  return found
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
    .map((file) => readFile(folder, file));
}

function* walk(folder: string, prefix: string): Generator<FoundFile> {
  for (const name of readdirSync(join(folder, prefix))) {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const stat = lstatSync(join(folder, path));
    if (stat.isDirectory()) yield* walk(folder, path);
    else if (stat.isFile()) yield { path, size: stat.size };
    else
      throw new FerrymanError(
        'pack.unsupported-file',
        `${path}: expected a regular file, found ${stat.isSymbolicLink() ? 'a symbolic link' : 'a device, pipe or socket'}`,
      );
  }
}

function readFile(folder: string, { path, size }: FoundFile): PackedFile {
  const fd = openSync(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    const contents = stat.isFile() ? readFileSync(fd) : Buffer.alloc(0);
    if (!stat.isFile() || contents.length !== size)
      throw new FerrymanError(
        'pack.changed',
        `${path}: expected ${size} bytes, found the file changed while packing`,
      );
    const mode: Mode = (stat.mode & 0o100) === 0 ? 0o644 : 0o755;
    return packedFile(path, contents, mode);
  } finally {
    closeSync(fd);
  }
}
