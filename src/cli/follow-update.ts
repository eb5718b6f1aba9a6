/** Processes an update now: by doing the work, or beside a daemon by watching it being done. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Io } from '../command-line/io.ts';
import type { ControllerEvent } from '../controller/context.ts';
import { passOnce } from '../controller/controller.ts';
import { FerrymanError } from '../errors.ts';
import { isLocked } from '../host/lock.ts';
import { knock } from '../inbox/knock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openLedgerForReading } from '../ledger/open.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import type { Layout } from '../node/layout.ts';
import { stateInWords, type UpdateState } from '../plan/facts.ts';
import { eventLine, openSession, type Session } from './controller-context.ts';
import { Progress } from './progress.ts';

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

/** What is followed. */
export interface Followed {
  /** Finds its row: `undefined` while it is not there. @throws FerrymanError why it never will be */
  find(ledger: Ledger): UpdateRow | undefined;
  /** True for events that the caller tells of as its result. */
  isResult(event: ControllerEvent): boolean;
}

/**
 * @returns the row once it has come to rest, or as it is when a person interrupts
 * @throws FerrymanError what the pass or `find` throws
 */
export async function followUpdate(layout: Layout, io: Io, followed: Followed): Promise<UpdateRow> {
  for (;;) {
    const progress = new Progress(io, 'working');
    const tell = (event: ControllerEvent): void => {
      if (!followed.isResult(event) && event.level !== 'debug')
        progress.say(eventLine(event), `${event.subject}: ${event.text}`);
    };
    const session = openSession(layout, io, { tell });
    const row = session
      ? await workOnce(session, io, followed, progress)
      : await followDaemon(layout, io, followed, progress);
    if (!row) continue;
    if (io.stop.aborted && inMotion.has(row.state))
      io.err(`the script goes on; "ferryman run", or this command again, records how it ends\n`);
    return row;
  }
}

async function workOnce(
  session: Session,
  io: Io,
  followed: Followed,
  progress: Progress,
): Promise<UpdateRow> {
  try {
    await progress.during(() => passOnce(session.context, io.stop));
    const row = followed.find(session.context.ledger);
    if (!row)
      throw new FerrymanError(
        'inbox.waiting',
        'expected the parcel to be taken in, found it still in the inbox',
      );
    return row;
  } finally {
    session.close();
  }
}

/** @returns `undefined` when the other ferryman has gone before it came to rest: the work is to be done here */
async function followDaemon(
  layout: Layout,
  io: Io,
  followed: Followed,
  progress: Progress,
): Promise<UpdateRow | undefined> {
  progress.say('another ferryman is at work here: handed over, following');
  knock(layout.inbox);
  const ledger = openLedgerForReading(layout.ledgerFile);
  try {
    return await progress.during(async () => {
      let told = '';
      for (;;) {
        const row = followed.find(ledger);
        if (row && (io.stop.aborted || !inMotion.has(row.state))) return row;
        if (io.stop.aborted)
          throw new FerrymanError('inbox.waiting', 'interrupted before the daemon took the parcel');
        const standing = describeStanding(ledger, row);
        if (standing !== told) progress.say(standing, standing);
        told = standing;
        if (!isLocked(layout.lockFile)) return undefined;
        await sleep(pollMs, undefined, { signal: io.stop }).catch(() => undefined);
      }
    });
  } finally {
    ledger.close();
  }
}

/** Where the followed update stands in the daemon's work. */
function describeStanding(ledger: Ledger, row: UpdateRow | undefined): string {
  const open = ledger.runs.open();
  const running = open && open.digest !== row?.digest ? ledger.updates.find(open.digest) : undefined;
  if (running) return `waiting for update ${running.sequence ?? '?'} "${running.title}" to end`;
  return row
    ? `update ${row.sequence ?? '?'} ${stateInWords(row.state)}`
    : 'waiting for the daemon to take the parcel';
}
