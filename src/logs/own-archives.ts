/** This node's own archives on the disk: the one place that knows where they stand. Spec: docs/format.md §14, §16. */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, prepareFile, syncFolder, type PreparedFile } from '../durable/write-file.ts';
import { logFileName, type LogFileName } from '../parcel/log-file-name.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';

/** The incarnation of this node's sequences, and where its archives stand. */
export interface OwnPlace {
  readonly layout: Layout;
  readonly node: Config['node'];
  readonly incarnation: string;
}

/** A gateway's are offered to a proxy alone, so they stand apart from what ferries may have. */
function folderOf({ layout, node, incarnation }: OwnPlace): string {
  const pool = node.role === 'gateway' ? 'homeward/logs' : 'relay/logs';
  return join(layout.state, pool, node.guid, incarnation);
}

export function ownArchivePath(place: OwnPlace, named: LogFileName): string {
  return join(folderOf(place), logFileName(named));
}

/** Brings an archive to the disk, whole and synced, but not under its name yet. @throws system errors, with nothing left behind */
export function putOwnArchive(place: OwnPlace, named: LogFileName, parcel: Buffer): PreparedFile {
  const path = ownArchivePath(place, named);
  makeFolder(dirname(path), 0o755); // the folder above is the fence: src/enrol/flood-user.ts
  return prepareFile(path, parcel, { mode: 0o444, existing: 'refuse' });
}

export function hasOwnArchive(place: OwnPlace, named: LogFileName): boolean {
  return existsSync(ownArchivePath(place, named));
}

/** Brings the names that stand there to the disk. */
export function syncOwnArchives(place: OwnPlace): void {
  syncFolder(folderOf(place));
}

/** Harmless when it is not there. */
export function removeOwnArchive(place: OwnPlace, named: LogFileName): void {
  const path = ownArchivePath(place, named);
  rmSync(path, { force: true });
  if (existsSync(dirname(path))) syncFolder(dirname(path));
}
