/**
 * Where archives of logs wait depends on the role: a gateway's stand where a proxy alone is led, everybody else's where neighbours are. After a
 * change of role those of the old one are moved, by one rename each: a cut leaves an archive in one place or the other, and the next start
 * goes on.
 */
import { existsSync, lstatSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, syncFolder } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import type { Layout } from '../node/layout.ts';
import { isGuid, type Role } from '../parcel/recipients.ts';
import { isIncarnation, parseLogFileName } from '../parcel/log-file-name.ts';

type Pools = Pick<Layout, 'relayLogs' | 'homewardLogs'>;

/** The folder in which archives of logs stand, own ones and those of others. */
export function poolFolder({ relayLogs, homewardLogs }: Pools, role: Role): string {
  return role === 'gateway' ? homewardLogs : relayLogs;
}

/** The one in which they stood in another role. */
function otherFolder({ relayLogs, homewardLogs }: Pools, role: Role): string {
  return role === 'gateway' ? relayLogs : homewardLogs;
}

/** Where an archive of this node may stand: its place, and that of another role. */
export function bothFolders(layout: Pools, role: Role): readonly [string, string] {
  return [poolFolder(layout, role), otherFolder(layout, role)];
}

/**
 * Moves what another role has left into the pool of this one. Call it before anything looks at the pool.
 *
 * @returns archives that were moved
 * @throws FerrymanError `logs.disk-full`: some are where they were
 */
export function movePool(layout: Pools, role: Role): number {
  try {
    return moveAll(layout, role);
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error;
    throw new FerrymanError('logs.disk-full', `expected room to move archives: ${error.message}`, {
      cause: error,
    });
  }
}

function moveAll(layout: Pools, role: Role): number {
  const [to, from] = bothFolders(layout, role);
  let moved = 0;
  for (const origin of foldersIn(from, isGuid)) {
    for (const incarnation of foldersIn(join(from, origin), isIncarnation))
      moved += moveIncarnation(join(from, origin, incarnation), join(to, origin, incarnation));
    removeIfEmpty(join(from, origin));
  }
  removeIfEmpty(from);
  return moved;
}

function moveIncarnation(from: string, to: string): number {
  makeFolder(to, 0o755); // the folder above is the fence: src/enrol/flood-user.ts
  let moved = 0;
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    // Two under one name are the same, or a fork, of which the first is kept. What has no name yet was being written when it was cut off.
    if (!parseLogFileName(name) || existsSync(target)) {
      rmSync(source, { recursive: true, force: true });
      continue;
    }
    renameSync(source, target);
    moved += 1;
  }
  syncFolder(to);
  syncFolder(from);
  removeIfEmpty(from);
  return moved;
}

function foldersIn(folder: string, isOurs: (name: string) => boolean): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => isOurs(name) && lstatSync(join(folder, name)).isDirectory());
}

/** Whatever else stands in it is nobody's archive, and stays. */
function removeIfEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}
