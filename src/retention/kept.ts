/** What stands on the disk for updates that have finished: parcels, folders that scripts kept, logs. What is not ours is left out. */
import { lstatSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isSystemError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Layout } from '../node/layout.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import type { Kept } from './choose.ts';
import { addresses, type KeptParcel } from './choose-parcels.ts';

/**
 * Parcels of finished updates, superseded ones and those for others among them: should one be wanted after all, it waits for
 * another copy. One that may still run, that proves an equivocation, or that the ledger does not know, is none.
 */
export function keptParcels(layout: Layout, ledger: Ledger): KeptParcel[] {
  const kept = look(layout.relayUpdates, /^([0-9a-f]{128})\.zip$/, ledger);
  return kept.flatMap((one) => {
    const digest = basename(one.path, '.zip');
    const update = ledger.updates.find(digest);
    if (!update || ledger.refusals.isEvidence(digest)) return [];
    return [{ ...one, sequence: update.sequence ?? 0, isPast: isPast(update, ledger) }];
  });
}

/**
 * Nobody would run it who is given it here. What supersedes it must be there to stay: one that is still to run may turn out refused, and
 * what it has superseded is wanted then.
 */
function isPast({ sequence, terms }: UpdateRow, ledger: Ledger): boolean {
  if (!terms || sequence === null) return true;
  const floor = ledger.fact('time-floor');
  if (terms.expires !== undefined && floor !== undefined && floor > terms.expires) return true;
  return ledger.updates
    .supersedersOf(sequence)
    .some(
      (other) =>
        (other.state === 'succeeded' || other.state === 'not-for-me') &&
        addresses(other.terms?.recipients ?? [], terms.recipients),
    );
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
  return namesIn(folder).flatMap((name) => {
    const digits = pattern.exec(name)?.[1];
    const path = join(folder, name);
    if (digits === undefined) return [];
    const update = ledger.updates.findByPrefix(digits);
    if (update ? ledger.updates.isUnfinished(update) || isAtWork(update.state) : whose === 'known') return [];
    return [{ path, bytes: size(path), lastChange: update ? ledger.stories.lastChange(update.digest) : 0 }];
  });
}

/** A folder that a script has put away holds nothing; it is put back elsewhere. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return [];
  }
}

function isAtWork(state: string): boolean {
  return state === 'starting' || state === 'running';
}

/** Bytes on the disk, of a folder with all that is in it; no link is followed. What cannot be looked at counts for nothing: scripts may leave anything. */
function size(path: string): number {
  try {
    const stat = lstatSync(path);
    const own = stat.blocks * 512;
    return stat.isDirectory()
      ? readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), own)
      : own;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return 0;
  }
}
