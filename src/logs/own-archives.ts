/** This node's own archives on the disk: the one place that knows where they stand. Spec: docs/format.md §14, §16. */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, prepareFile, syncFolder, type PreparedFile } from '../durable/write-file.ts';
import { logFileName, type LogFileName } from '../parcel/log-file-name.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { bothFolders, poolFolder } from './pool-of-role.ts';

/** The incarnation of this node's sequences, and where its archives stand. */
export interface OwnPlace {
  readonly layout: Layout;
  readonly node: Config['node'];
  readonly incarnation: string;
}

export function ownFolder({ layout, node, incarnation }: OwnPlace): string {
  return join(poolFolder(layout, node.role), node.guid, incarnation);
}

export function ownArchivePath(place: OwnPlace, named: LogFileName): string {
  return join(ownFolder(place), logFileName(named));
}

/** Also where it stood in another role: it may not have been moved yet. */
function pathsOf({ layout, node, incarnation }: OwnPlace, named: LogFileName): string[] {
  return bothFolders(layout, node.role).map((pool) => join(pool, node.guid, incarnation, logFileName(named)));
}

/** Brings an archive to the disk, whole and synced, but not under its name yet. @throws system errors, with nothing left behind */
export function putOwnArchive(place: OwnPlace, named: LogFileName, parcel: Buffer): PreparedFile {
  const path = ownArchivePath(place, named);
  makeFolder(dirname(path), 0o755); // the folder above is the fence: src/enrol/flood-user.ts
  return prepareFile(path, parcel, { mode: 0o444, existing: 'refuse' });
}

export function hasOwnArchive(place: OwnPlace, named: LogFileName): boolean {
  return pathsOf(place, named).some((path) => existsSync(path));
}

/** Brings the names that stand there to the disk. */
export function syncOwnArchives(place: OwnPlace): void {
  syncFolder(ownFolder(place));
}

/** Harmless when it is not there. */
export function removeOwnArchive(place: OwnPlace, named: LogFileName): void {
  for (const path of pathsOf(place, named)) {
    rmSync(path, { force: true });
    if (existsSync(dirname(path))) syncFolder(dirname(path));
  }
}
