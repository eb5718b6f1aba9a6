/**
 * The folder of one run: `runs/<digest, 16 digits>.<run>/`. Scratch but for the status file, the script's logs and the
 * captured output, which stay until they are kept elsewhere.
 */
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, syncFolder, syncWhole, writeAll, writeDurably } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import type { RunnerOrder } from './runner/order.ts';
import { statusFileBytes } from './status-file.ts';

export interface RunFolder {
  readonly path: string;
  /** The unpacked update. */
  readonly tree: string;
  readonly statusFile: string;
  /** What the runner is to do. */
  readonly orderFile: string;
  /** Folder of the captured output. */
  readonly output: string;
  readonly shortLog: string;
  readonly longLog: string;
  /** The script makes this file to ask for a reboot. */
  readonly rebootMarker: string;
}

export function runFolder(runs: string, digest: string, run: number): RunFolder {
  const path = join(runs, `${digest.slice(0, 16)}.${run}`);
  return {
    path,
    tree: join(path, 'tree'),
    statusFile: join(path, 'status'),
    orderFile: join(path, 'order.json'),
    output: join(path, 'output'),
    shortLog: join(path, 'short.log'),
    longLog: join(path, 'long.log'),
    rebootMarker: join(path, 'reboot'),
  };
}

/** Makes the folder anew, empty. @throws FerrymanError `run.disk-full` */
export function makeRunFolder(folder: RunFolder): void {
  withRoom(folder, () => {
    rmSync(folder.path, { recursive: true, force: true });
    mkdirSync(folder.path, { mode: 0o700 });
    mkdirSync(folder.tree);
    chmodSync(folder.tree, 0o755); // whatever the umask
    mkdirSync(folder.output, { mode: 0o700 });
  });
}

/** Preallocates the status file and leaves the order for the runner, both durable; makes the update's own folder. @throws FerrymanError `run.disk-full` */
export function prepareRunner(folder: RunFolder, order: RunnerOrder): void {
  withRoom(folder, () => {
    makeFolder(order.stateFolder, 0o700);
    writeDurably(folder.orderFile, JSON.stringify(order), { mode: 0o600, existing: 'replace' });
    const fd = openSync(folder.statusFile, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      writeAll(fd, Buffer.alloc(statusFileBytes));
      syncWhole(fd, statusFileBytes);
    } finally {
      closeSync(fd);
    }
    syncFolder(folder.path);
    syncFolder(dirname(folder.path)); // a run whose status a power cut takes away would look as if it had never begun
  });
}

/** Removes what nobody needs after the run, as early as possible: the unpacked tree may be large. */
export function removeTree(folder: RunFolder): void {
  removeIfPossible(folder.tree);
}

export function removeRunFolder(folder: RunFolder): void {
  removeIfPossible(folder.path);
}

/** Removes folders of runs that never came into the ledger, or could not go. @param wanted paths that must stay */
export function sweepRunFolders(runs: string, wanted: ReadonlySet<string>): void {
  for (const name of readdirSync(runs)) {
    const path = join(runs, name);
    if (!wanted.has(path)) removeIfPossible(path);
  }
}

/** What a script left mounted or immutable stays, and is tried again at the next start: it must not stop the node. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

export function wantsReboot(folder: RunFolder): boolean {
  return existsSync(folder.rebootMarker);
}

function withRoom(folder: RunFolder, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
    throw new FerrymanError(
      full ? 'run.disk-full' : 'system.failed',
      `${folder.path}: expected to make a folder for a run, found ${full ? 'the disk full' : error.message}`,
      { cause: error },
    );
  }
}
