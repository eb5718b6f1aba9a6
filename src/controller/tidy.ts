/** Puts back what must be there, and removes what a former life left half-made, or what has been kept long enough. */
import { makeFolder, sweepParts } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { sweepInbox } from '../inbox/inbox.ts';
import { stateFolders } from '../node/layout.ts';
import { runFolder, sweepRunFolders } from '../run/run-folder.ts';
import { removeWhatIsOld, type Removed } from '../retention/retention.ts';
import type { Context } from './context.ts';

/**
 * A script, or a person who tidies up, may have removed folders, or put something else in their place: that must not stop
 * what comes after, for it may be what mends it.
 */
export function restoreFolders({ layout, tell }: Context): void {
  for (const [path, mode] of stateFolders(layout)) goingOn(tell, path, () => makeFolder(path, mode));
}

/** Only for the holder of the lock, before it works. */
export function sweep({ layout, ledger, tell }: Context): void {
  goingOn(tell, layout.inbox, () => sweepInbox(layout.inbox));
  for (const folder of [layout.relayUpdates, layout.log]) goingOn(tell, folder, () => sweepParts(folder));
  const open = ledger.runs.open();
  const wanted = [...(open ? [open] : []), ...ledger.runs.withoutLogs()];
  const folders = new Set(wanted.map((run) => runFolder(layout.runs, run.digest, run.run).path));
  goingOn(tell, layout.runs, () => sweepRunFolders(layout.runs, folders));
}

/** Housekeeping that the system refuses is told; the work goes on. */
function goingOn(tell: Context['tell'], what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof FerrymanError) && !isSystemError(error)) throw error;
    tell({ level: 'warning', subject: what, text: error.message });
  }
}

/** Removes what is old, and lets the calendar go on. A full disk stops only what has to be written for it. */
export function prune({ layout, ledger, config, host, tell }: Context): void {
  goingOn(tell, 'retention', () => {
    const removed = removeWhatIsOld({ layout, ledger, limits: config.retention });
    if (removed.length > 0)
      tell({ level: 'info', subject: 'retention', text: `removed ${removed.map(inWords).join('; ')}` });
    ledger.transaction(() => ledger.calendar.advance(host.bootId, host.uptimeSeconds()));
  });
}

function inWords({ what, count, bytes }: Removed): string {
  return `${what}: ${count}${bytes === 0 ? '' : ` (${Math.ceil(bytes / 1024)} KiB)`}`;
}
