/** What stands on the disk for updates that have finished: parcels, folders that scripts kept, logs. What is not ours is left out. */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { isSystemError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Layout } from '../node/layout.ts';
import type { Kept } from './choose.ts';

/** Parcels of finished updates. One that may still run, that proves an equivocation, or that the ledger does not know, is none. */
export function keptParcels(layout: Layout, ledger: Ledger): Kept[] {
  const kept = look(layout.relayUpdates, /^([0-9a-f]{128})\.zip$/, ledger);
  return kept.filter(({ path }) => !ledger.refusals.isEvidence(basename(path, '.zip')));
}

/** Folders in which scripts of finished updates kept something. */
export function keptScriptStates(layout: Layout, ledger: Ledger): Kept[] {
  return look(layout.scriptState, /^([0-9a-f]{16})$/, ledger);
}

/** Long logs and captured outputs; those of an update that the ledger does not know count as the oldest. */
export function keptLogs(layout: Layout, ledger: Ledger): Kept[] {
  return look(
    layout.log,
    /^(?:\d+|unknown)-([0-9a-f]{16})-\d+\.(?:long|output)\.log$/,
    ledger,
    'strangers too',
  );
}

/** @param pattern names, with the digest or its first digits as the first group */
function look(
  folder: string,
  pattern: RegExp,
  ledger: Ledger,
  whose: 'known' | 'strangers too' = 'known',
): Kept[] {
  return readdirSync(folder).flatMap((name) => {
    const digits = pattern.exec(name)?.[1];
    const path = join(folder, name);
    if (digits === undefined) return [];
    const update = ledger.updates.findByPrefix(digits);
    if (update ? ledger.updates.isUnfinished(update) || isAtWork(update.state) : whose === 'known') return [];
    return [{ path, bytes: size(path), lastChange: update ? ledger.stories.lastChange(update.digest) : 0 }];
  });
}

function isAtWork(state: string): boolean {
  return state === 'starting' || state === 'running';
}

/** Bytes on the disk, of a folder with all that is in it; no link is followed. */
function size(path: string): number {
  const stat = statOrGone(path);
  if (!stat) return 0;
  const own = stat.blocks * 512;
  if (!stat.isDirectory()) return own;
  return readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), own);
}

function statOrGone(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
