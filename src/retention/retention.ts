/**
 * Removes what has been kept long enough, or what there is no room for: parcels, folders of scripts, logs, stories in the ledger. Never
 * what refuses a replay, never evidence, never anything of an update that may still run.
 */
import { rmSync } from 'node:fs';
import { isSystemError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { chooseToRemove, type Bounds, type Kept } from './choose.ts';
import { parcelsToDrop, type KeptParcel } from './choose-parcels.ts';
import { keptLogs, keptParcels, keptScriptStates } from './kept.ts';

/** What went: `parcels`, `script folders`, `logs` by number and bytes; `ledger rows` by number. */
export interface Removed {
  readonly what: 'parcels' | 'script folders' | 'logs' | 'ledger rows';
  readonly count: number;
  readonly bytes: number;
}

export interface Keeper {
  readonly layout: Layout;
  readonly ledger: Ledger;
  readonly limits: Config['retention'];
}

const mebibyte = 1024 * 1024;

/** @returns what went; nothing that did not */
export function removeWhatIsOld({ layout, ledger, limits }: Keeper): Removed[] {
  const bounds = (days: number, megabytes: number, maxCount = Infinity): Bounds => ({
    oldUpTo: ledger.calendar.newestOlderThan(days),
    maxBytes: megabytes * mebibyte,
    maxCount,
  });
  const removed: Removed[] = [
    remove('parcels', chooseParcels(keptParcels(layout, ledger), limits, ledger)),
    remove(
      'script folders',
      chooseToRemove(keptScriptStates(layout, ledger), bounds(limits.stateDays, limits.stateMegabytes)),
    ),
    remove(
      'logs',
      chooseToRemove(keptLogs(layout, ledger), bounds(limits.logDays, limits.logMegabytes, limits.logFiles)),
    ),
    { what: 'ledger rows', count: forgetStories(ledger, limits), bytes: 0 },
  ];
  return removed.filter(({ count }) => count > 0);
}

function forgetStories(ledger: Ledger, { storyDays, storyUpdates }: Config['retention']): number {
  const upTo = ledger.calendar.newestOlderThan(storyDays);
  return ledger.transaction(() => ledger.stories.forget({ upTo, keepUpdates: storyUpdates }));
}

/** What is too old, and of the rest what nobody needs, or there is no room for. */
function chooseParcels(
  kept: readonly KeptParcel[],
  { parcelDays, parcelMegabytes }: Config['retention'],
  ledger: Ledger,
): KeptParcel[] {
  const oldUpTo = ledger.calendar.newestOlderThan(parcelDays);
  const old = new Set(chooseToRemove(kept, { oldUpTo, maxBytes: Infinity, maxCount: Infinity }));
  const young = kept.filter((one) => !old.has(one));
  return kept.filter((one) => old.has(one)).concat(parcelsToDrop(young, parcelMegabytes * mebibyte));
}

function remove(what: Removed['what'], chosen: readonly Kept[]): Removed {
  const gone = chosen.filter(({ path }) => isRemoved(path));
  return { what, count: gone.length, bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** What a script left mounted or immutable stays, and is tried again. */
function isRemoved(path: string): boolean {
  try {
    rmSync(path, { recursive: true });
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}
