/**
 * Where files go that never proved to be parcels: kept for a person to look at, and for a key that may come later, bounded,
 * in a folder private to root.
 * Never inside the channel's own folder: whoever may write there could put a link in the way of what root does.
 */
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isSystemError } from '../errors.ts';

/** Files kept; the oldest go first. */
const keptFiles = 50;
/** Bytes kept in all; the newest file stays whatever its size. */
const keptBytes = 256 * 1024 * 1024;

/** What a channel does with a file that stayed unproven for a quiet time. */
export interface SetAside {
  readonly folder: string;
  /** Seconds without a change. */
  readonly afterSeconds: number;
}

/**
 * Moves a file away. One that cannot be moved stays.
 *
 * @param elsewhere what becomes of a file on another file system, where a move would be a copy; its name and the reason
 *   why it was refused are in the ledger
 */
export function setAside(
  { folder }: Pick<SetAside, 'folder'>,
  path: string,
  elsewhere: 'remove' | 'leave' = 'remove',
): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    move(path, join(folder, basename(path)), elsewhere);
    prune(folder);
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

function move(from: string, to: string, elsewhere: 'remove' | 'leave'): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isSystemError(error, 'EXDEV')) throw error;
    if (elsewhere === 'remove') rmSync(from, { force: true });
  }
}

function prune(folder: string): void {
  const newestFirst = readdirSync(folder)
    .map((name) => ({ path: join(folder, name), stat: lstatSync(join(folder, name)) }))
    .toSorted((a, b) => b.stat.ctimeMs - a.stat.ctimeMs);
  let bytes = 0;
  for (const [index, { path, stat }] of newestFirst.entries()) {
    bytes += stat.size;
    if (index >= keptFiles || (index > 0 && bytes > keptBytes))
      rmSync(path, { recursive: true, force: true });
  }
}
