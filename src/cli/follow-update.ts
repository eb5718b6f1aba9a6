/** Processes an update now: by doing the work, or beside a daemon by watching it being done. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Io } from '../command-line/io.ts';
import { Controller } from '../controller/controller.ts';
import { FerrymanError } from '../errors.ts';
import { isLocked } from '../host/lock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openLedgerForReading } from '../ledger/open.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import type { Layout } from '../node/layout.ts';
import type { UpdateState } from '../plan/facts.ts';
import { openSession, type Session } from './controller-context.ts';

const pollMs = 200;

/** Exit statuses of commands that follow an update. Documented in docs/errors.md. */
const exitByState: Readonly<Record<UpdateState, number>> = {
  received: 75,
  verified: 75,
  starting: 75,
  running: 75,
  waiting: 75,
  deferred: 75,
  succeeded: 0,
  failed: 1,
  'timed-out': 1,
  interrupted: 1,
  'not-for-me': 2,
  superseded: 2,
  expired: 2,
  refused: 65,
};
const inMotion: ReadonlySet<UpdateState> = new Set(['received', 'verified', 'starting', 'running']);

export function exitOf(row: UpdateRow): number {
  return exitByState[row.state];
}

/** Looks for what is being followed: the row, `undefined` while it is not there, or throws why it never will be. */
export type Find = (ledger: Ledger) => UpdateRow | undefined;

/** @returns the row once it has come to rest, or as it is when a person interrupts. @throws FerrymanError what the pass or `find` throws */
export async function followUpdate(layout: Layout, io: Io, find: Find): Promise<UpdateRow> {
  for (;;) {
    const session = openSession(layout, io);
    if (session) return workOnce(session, io, find);
    const row = await followDaemon(layout, io, find);
    if (row) return row;
  }
}

async function workOnce({ context, close }: Session, io: Io, find: Find): Promise<UpdateRow> {
  try {
    await withHeartbeat(io, () => new Controller(context).pass(io.stop));
    const row = find(context.ledger);
    if (!row)
      throw new FerrymanError('inbox.waiting', 'expected the parcel to be taken in, found it still in the inbox');
    return row;
  } finally {
    close();
  }
}

/** @returns `undefined` when the other ferryman has gone before it came to rest: the work is to be done here */
async function followDaemon(layout: Layout, io: Io, find: Find): Promise<UpdateRow | undefined> {
  io.err('a daemon is at work here: handed over, following\n');
  wakeDaemon(layout);
  const ledger = openLedgerForReading(layout.ledgerFile);
  try {
    return await withHeartbeat(io, async () => {
      let told = '';
      for (;;) {
        const row = find(ledger);
        if (row && row.state !== told)
          io.err(`update ${row.sequence ?? '?'}: ${row.state}${row.reason ? `: ${row.reason}` : ''}\n`);
        told = row?.state ?? told;
        if (row && (io.stop.aborted || !inMotion.has(row.state))) return row;
        if (io.stop.aborted)
          throw new FerrymanError('inbox.waiting', 'interrupted before the daemon took the parcel');
        if (!isLocked(layout.lockFile)) return undefined;
        await sleep(pollMs, undefined, { signal: io.stop }).catch(() => undefined);
      }
    });
  } finally {
    ledger.close();
  }
}

/** Makes the daemon look now: it watches its inbox. */
function wakeDaemon(layout: Layout): void {
  const knock = join(layout.inbox, '.knock');
  writeFileSync(knock, '');
  rmSync(knock, { force: true });
}

/** Shows on a terminal that work goes on; writes nothing elsewhere. */
async function withHeartbeat<Result>(io: Io, work: () => Promise<Result>): Promise<Result> {
  if (!io.stderrIsTerminal) return work();
  const begin = process.hrtime.bigint();
  const timer = setInterval(() => {
    const seconds = Number((process.hrtime.bigint() - begin) / 1_000_000_000n);
    if (seconds >= 2) io.err(`\r${seconds} s …\r`);
  }, 1000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    io.err('\r\u001b[K');
  }
}
