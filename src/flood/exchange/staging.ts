/**
 * Where files of neighbours come in, a folder for each: they belong to the unprivileged user, and nothing there is believed. What was cut
 * off stays in `.partial` folders, to be gone on with; all else goes when the next contact begins.
 */
import { chownSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isSystemError } from '../../errors.ts';
import { maxParcelBytes } from '../../parcel/limits.ts';
import { isGuid } from '../../parcel/recipients.ts';
import type { Unprivileged } from './unprivileged.ts';

/** Where rsync keeps what it has of a file that did not come whole; beside that file. */
export const partialName = '.partial';

/** Names looked at in one staging folder; one with more is emptied. */
const maxNames = 5000;
/** Parts of files that are kept of one neighbour, the newest first: as many bytes as the largest parcel has. */
const maxParts = 100;
const maxPartBytes = maxParcelBytes;

/** Makes the folder of a neighbour, or empties it of all but what can be gone on with. @returns its path */
export function openStaging(staging: string, node: string, user: Unprivileged): string {
  mkdirSync(staging, { recursive: true, mode: 0o711 });
  const folder = join(staging, node);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (user) chownSync(folder, user.uid, user.gid);
  if (!clearWhole(folder)) {
    rmSync(folder, { recursive: true, force: true });
    return openStaging(staging, node, user);
  }
  return folder;
}

interface Part {
  readonly path: string;
  readonly bytes: number;
  readonly changedMs: number;
}

/** Removes what stands outside of `.partial` folders, and folders that are empty then. @returns false when there is too much */
function clearWhole(folder: string): boolean {
  let names = 0;
  const parts: Part[] = [];
  const clear = (path: string): boolean => {
    for (const name of readdirSync(path)) {
      if ((names += 1) > maxNames) return false;
      const inner = join(path, name);
      const stat = lstatSync(inner);
      if (stat.isDirectory()) {
        if (!clear(inner)) return false;
      } else if (stat.isFile() && basename(path) === partialName)
        parts.push({ path: inner, bytes: stat.size, changedMs: stat.mtimeMs });
      else rmSync(inner, { force: true });
    }
    if (path !== folder && readdirSync(path).length === 0) rmSync(path, { recursive: true, force: true });
    return true;
  };
  if (!clear(folder)) return false;
  prune(parts);
  return true;
}

function prune(parts: readonly Part[]): void {
  let bytes = 0;
  for (const [index, part] of parts.toSorted((a, b) => b.changedMs - a.changedMs).entries()) {
    bytes += part.bytes;
    if (index >= maxParts || bytes > maxPartBytes) rmSync(part.path, { force: true });
  }
}

/** Removes the folders of neighbours that have not been met for so long, and whatever else stands there. */
export function sweepStaging(staging: string, olderThanMs: number, nowMs: number): void {
  for (const name of namesIn(staging)) {
    const path = join(staging, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    // A clock that jumps costs at most what was half fetched.
    if (!stat || (isGuid(name) && stat.isDirectory() && Math.abs(nowMs - stat.mtimeMs) < olderThanMs))
      continue;
    rmSync(path, { recursive: true, force: true });
  }
}

/** What stands below a folder. */
export interface Below {
  /** Of all files, temporary ones too. */
  readonly bytes: number;
  /** Files and folders. */
  readonly names: number;
}

/** What vanishes meanwhile does not count. */
export function below(folder: string): Below {
  let [bytes, names] = [0, 0];
  for (const name of namesIn(folder)) {
    names += 1;
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      const inner = below(path);
      bytes += inner.bytes;
      names += inner.names;
    } else if (stat) bytes += stat.blocks * 512;
  }
  return { bytes, names };
}

export function bytesBelow(folder: string): number {
  return below(folder).bytes;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
