import { readdirSync } from 'node:fs';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError } from '../errors.ts';
import { isLocked } from '../host/lock.ts';
import { isAlive } from '../host/process-identity.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import { loadConfig } from '../node/config.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { loadTrust } from '../node/trust-store.ts';
import { updateJson } from './facts-json.ts';
import { json, layoutOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

const recentRows = 5;

interface Status {
  readonly node: Config['node'];
  readonly atWork: boolean;
  readonly running: UpdateRow | undefined;
  /** Whether the run that the ledger calls open goes on. */
  readonly runnerAlive: boolean;
  readonly queue: readonly UpdateRow[];
  readonly recent: readonly UpdateRow[];
  readonly counts: Readonly<Record<string, number>>;
  readonly inbox: number;
  readonly refusals: number;
  /** Sequences under which the office has signed two contents. */
  readonly equivocations: readonly number[];
  readonly shortLogsWaiting: number;
  readonly timeFloor: string | null;
  /** Why every parcel is refused; `null` when the keys are in order. */
  readonly trustProblem: string | null;
}

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  const config = loadConfig(layout);
  const status = withLedger(layout, (ledger) => readStatus(ledger, layout, config));
  if (flag(input, 'json')) json(io, statusJson(status));
  else io.out(statusText(status));
  return 0;
}

function readStatus(ledger: Ledger, layout: Layout, { node, trust }: Config): Status {
  const open = ledger.runs.open();
  return {
    node,
    atWork: isLocked(layout.lockFile),
    running: open && ledger.updates.find(open.digest),
    runnerAlive: open?.runner ? isAlive(open.runner) : false,
    queue: ledger.updates.unfinished(),
    recent: ledger.updates.newestFirst(recentRows),
    counts: Object.fromEntries(ledger.updates.countByState()),
    inbox: readdirSync(layout.inbox).filter((name) => name.endsWith('.parcel')).length,
    refusals: ledger.refusals.count(),
    equivocations: [...new Set(ledger.refusals.evidence().map((side) => side.sequence))],
    shortLogsWaiting: ledger.outbox.countWaiting(),
    timeFloor: ledger.fact('time-floor') ?? null,
    trustProblem: findTrustProblem(layout, trust.threshold),
  };
}

function runningText({ running, runnerAlive, atWork }: Status): string {
  if (!running) return 'nothing is running';
  const subject = `${running.sequence ?? '?'} "${running.title}"`;
  if (!runnerAlive && !atWork) return `${subject} has ended; ferryman records how at its next start`;
  return `${subject} since ${running.startedAt ?? '?'}, attempt ${running.attempts}`;
}

function findTrustProblem(layout: Layout, threshold: number): string | null {
  try {
    loadTrust(layout, threshold);
    return null;
  } catch (error) {
    if (error instanceof FerrymanError) return error.message;
    throw error;
  }
}

function statusJson({ running, queue, recent, ...rest }: Status): object {
  return {
    schema: 'ferryman.status/1',
    ...rest,
    running: running ? updateJson(running) : null,
    queue: queue.map(updateJson),
    recent: recent.map(updateJson),
  };
}

function statusText(status: Status): string {
  const { node, queue, recent } = status;
  const waiting = queue.map(
    (row) => `    ${row.sequence ?? '?'} "${row.title}" ${row.state}${row.reason ? `: ${row.reason}` : ''}`,
  );
  const counts =
    Object.entries(status.counts)
      .map(([state, count]) => `${count} ${state}`)
      .join(', ') || 'none';
  const troubles = [
    ...(status.trustProblem === null ? [] : [`  ! nothing can be verified: ${status.trustProblem}`]),
    ...(status.equivocations.length > 0
      ? [`  ! two different parcels were signed as ${status.equivocations.join(', ')}: tell the office`]
      : []),
    ...(status.refusals > 0 ? [`  ! refused files: ${status.refusals}; see ferryman history`] : []),
    ...(status.shortLogsWaiting > 0 ? [`  ! short logs not delivered yet: ${status.shortLogsWaiting}`] : []),
  ];
  return [
    `${node.role} ${node.guid}${node.groups.length > 0 ? ` in ${node.groups.join(', ')}` : ''}`,
    `  ${status.atWork ? 'ferryman is at work' : 'ferryman is not running'}${node.baseline > 0 ? `; the image holds everything up to ${node.baseline}` : ''}`,
    ...troubles,
    `  now      ${runningText(status)}`,
    `  inbox    ${status.inbox}`,
    `  queue    ${queue.length}`,
    ...waiting,
    `  updates  ${counts}`,
    ...recent.map(
      (row) =>
        `    ${row.sequence ?? '?'} "${row.title}" ${row.state}${row.exitStatus === null ? '' : ` (exit ${row.exitStatus})`}`,
    ),
    '',
  ].join('\n');
}
