/** Puts back what must be there, and removes what a former life left half-made, or what has been kept long enough. */
import { makeFolder, sweepParts } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';
import { sweepInbox } from '../inbox/inbox.ts';
import { stateFolders } from '../node/layout.ts';
import { runFolder, sweepRunFolders } from '../run/run-folder.ts';
import { removeWhatIsOld, type Removed } from '../retention/retention.ts';
import type { Context } from './context.ts';

/** A script, or a person who tidies up, may have removed folders: that must not stop what comes after. */
export function restoreFolders({ layout }: Context): void {
  for (const [path, mode] of stateFolders(layout)) makeFolder(path, mode);
}

/** Only for the holder of the lock, before it works. */
export function sweep({ layout, ledger }: Context): void {
  sweepInbox(layout.inbox);
  for (const folder of [layout.relayUpdates, layout.log]) sweepParts(folder);
  const open = ledger.runs.open();
  const wanted = [...(open ? [open] : []), ...ledger.runs.withoutLogs()];
  sweepRunFolders(
    layout.runs,
    new Set(wanted.map((run) => runFolder(layout.runs, run.digest, run.run).path)),
  );
}

/** Removes what is old, and lets the calendar go on. A full disk stops only what has to be written for it. */
export function prune(context: Context): void {
  const { layout, ledger, config, host, tell } = context;
  try {
    const removed = removeWhatIsOld({ layout, ledger, limits: config.retention });
    if (removed.length > 0)
      tell({ level: 'info', subject: 'retention', text: `removed ${removed.map(inWords).join(', ')}` });
    ledger.transaction(() => ledger.calendar.advance(host.bootId, host.uptimeSeconds()));
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.code !== 'ledger.disk-full') throw error;
    tell({ level: 'warning', subject: 'retention', text: `${error.message} [${error.code}]` });
  }
}

function inWords({ what, count, bytes }: Removed): string {
  return `${count} ${what}${bytes === 0 ? '' : ` (${Math.ceil(bytes / 1024)} KiB)`}`;
}
