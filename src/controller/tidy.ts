/** Puts back what must be there, and removes what a former life left half-made. */
import { makeFolder, sweepParts } from '../durable/write-file.ts';
import { sweepInbox } from '../inbox/inbox.ts';
import { stateFolders } from '../node/layout.ts';
import { runFolder, sweepRunFolders } from '../run/run-folder.ts';
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
