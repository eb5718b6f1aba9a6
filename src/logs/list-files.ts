/** What stands in the folder of logs at this moment: plain files that are wanted, and a count of what else was passed over. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import picomatch from 'picomatch';
import { isSystemError } from '../errors.ts';

export interface LogFile {
  /** Below the folder of logs, with `/`. */
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  readonly size: number;
  /** Bytes on the disk: a sparse file has fewer than its size. */
  readonly allocated: number;
  /** Nanoseconds since 1970. */
  readonly mtime: string;
}

/** Why something was passed over. */
export type Skip = 'excluded' | 'link' | 'special' | 'unreadable' | 'vanished' | 'too-many' | 'too-deep';
export type Skips = Partial<Record<Skip, number>>;

export interface Listing {
  /** Sorted by path. */
  readonly files: readonly LogFile[];
  readonly skipped: Skips;
}

/** Globs of picomatch, below the folder of logs; a `*` also takes names that begin with a dot. */
export interface Globs {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

const maxFiles = 20_000;
const maxDepth = 14;

export function listFiles(folder: string, { include, exclude }: Globs): Listing {
  const isWanted = picomatch([...include], { dot: true, ignore: [...exclude] });
  const skipped: Skips = {};
  const files: LogFile[] = [];
  for (const found of walk(folder, '', 1)) {
    const skip = 'skip' in found ? found.skip : isWanted(found.path) ? undefined : 'excluded';
    if (skip !== undefined) skipped[skip] = (skipped[skip] ?? 0) + 1;
    else if ('path' in found && files.length < maxFiles) files.push(found);
    else skipped['too-many'] = (skipped['too-many'] ?? 0) + 1;
  }
  return { files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)), skipped };
}

type Found = LogFile | { readonly skip: Skip };

function* walk(folder: string, prefix: string, depth: number): Generator<Found> {
  for (const name of namesIn(join(folder, prefix))) {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const found = lookAt(folder, path);
    if (found !== 'folder') yield found;
    else if (depth < maxDepth) yield* walk(folder, path, depth + 1);
    else yield { skip: 'too-deep' };
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR', 'EIO')) return [];
    throw error;
  }
}

function lookAt(folder: string, path: string): Found | 'folder' {
  try {
    const stat = lstatSync(join(folder, path), { bigint: true });
    if (stat.isDirectory()) return 'folder';
    if (stat.isSymbolicLink()) return { skip: 'link' };
    if (!stat.isFile()) return { skip: 'special' };
    return {
      path,
      device: String(stat.dev),
      inode: String(stat.ino),
      size: Number(stat.size),
      allocated: Number(stat.blocks) * 512,
      mtime: String(stat.mtimeNs),
    };
  } catch (error) {
    // A name that is no UTF-8 cannot be found again by its text either.
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return { skip: 'vanished' };
    if (isSystemError(error)) return { skip: 'unreadable' };
    throw error;
  }
}
