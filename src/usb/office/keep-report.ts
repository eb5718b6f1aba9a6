/** Copies what a node left on a key into the office's folder, never over anything that is there already. */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, writeDurably } from '../../durable/write-file.ts';
import { FerrymanError } from '../../errors.ts';
import { isRefused, type NodeReport } from './collect-reports.ts';
import { isArchive } from './keep-archives.ts';
import { reportsFolder, type KeyFiles } from './key-files.ts';
import { readWhole } from '../read/read-whole.ts';

/** Bytes of one file of a report. */
const maxFileBytes = 64 * 1024 * 1024;
/** Bytes of all that one key brings; a report is held in memory until it is written. */
const maxKeyBytes = 256 * 1024 * 1024;

/** How much a key may still bring. */
export class Room {
  #left = maxKeyBytes;

  /** @throws FerrymanError `usb.too-many` */
  take(path: string, bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0)
      throw new FerrymanError(
        'usb.too-many',
        `${path}: expected at most ${maxKeyBytes} bytes of reports on a key, found more`,
      );
  }
}

/** Where a report was put. */
export interface KeptReport {
  /** `OUT/<guid>`, `OUT/<guid>.2`, …; in `OUT/refused` what is not to be believed. */
  readonly folder: string;
  /** Files that were not there before. */
  readonly added: number;
  readonly problems: readonly string[];
}

/**
 * The first of the node's folders in which nothing stands against it: the same report again adds nothing, another one is put beside the
 * one before.
 */
export async function keepReport(
  files: KeyFiles,
  report: NodeReport,
  out: string,
  room: Room,
): Promise<KeptReport> {
  const { contents, problems } = await readAll(files, report, room);
  const base = join(out, ...(isRefused(report) ? ['refused'] : []), report.node);
  const folder = firstFree(base, contents);
  let added = 0;
  for (const [path, bytes] of contents) {
    const target = join(folder, path);
    if (existsSync(target)) continue;
    makeFolder(dirname(target), 0o755);
    writeDurably(target, bytes, { mode: 0o644, existing: 'refuse' });
    added += 1;
  }
  return { folder, added, problems };
}

type Contents = ReadonlyMap<string, Buffer>;

async function readAll(
  files: KeyFiles,
  report: NodeReport,
  room: Room,
): Promise<{ readonly contents: Contents; readonly problems: readonly string[] }> {
  const contents = new Map<string, Buffer>();
  const problems: string[] = [];
  for (const path of report.files.filter((file) => !isArchive(file))) {
    const full = `${reportsFolder}/${report.node}/${path}`;
    try {
      const bytes = await readWhole(files, full, maxFileBytes);
      room.take(full, bytes.length);
      contents.set(path, bytes);
    } catch (error) {
      if (!(error instanceof FerrymanError)) throw error;
      problems.push(error.message);
    }
  }
  return { contents, problems };
}

function firstFree(base: string, contents: Contents): string {
  for (let number = 1; ; number++) {
    const folder = number === 1 ? base : `${base}.${number}`;
    if ([...contents].every(([path, bytes]) => isSameOrNothing(join(folder, path), bytes))) return folder;
  }
}

function isSameOrNothing(path: string, bytes: Buffer): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return !stat || (stat.isFile() && stat.size === bytes.length && readFileSync(path).equals(bytes));
}
