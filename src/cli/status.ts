import { flag, type Input } from '../command-line/command.ts';
import { lineWidth } from '../command-line/columns.ts';
import type { Io } from '../command-line/io.ts';
import { painter } from '../command-line/paint.ts';
import { loadConfig } from '../node/config.ts';
import { updateJson } from './facts-json.ts';
import { json, layoutOf } from './options.ts';
import { readStatus, type Status } from './status-facts.ts';
import { statusScreen } from './status-screen.ts';
import { troublesOf } from './status-troubles.ts';
import { findTrustProblem } from './trust-problem.ts';
import { withLedger } from './with-ledger.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const config = loadConfig(layout);
  const { seen, provenMark } = withLedger(layout, (ledger) => ({
    seen: readStatus(ledger, layout, config, Date.now()),
    provenMark: ledger.fact('trust'),
  }));
  const trustProblem = await findTrustProblem(layout, config.trust.threshold, provenMark);
  const status = { ...seen, trustProblem };
  if (flag(input, 'json')) json(io, statusJson(status));
  else io.out(statusScreen(status, { columns: lineWidth(io), paint: painter(io) }));
  return 0;
}

function statusJson(status: Status): object {
  const { worker, running, queue, recent, unresolved, backlog, now } = status;
  const troubles = troublesOf(status);
  return {
    schema: 'ferryman.status/1',
    ok: troubles.length === 0,
    troubles,
    node: status.node,
    atWork: worker !== undefined,
    worker: worker ?? null,
    version: status.version,
    versionOnTrial: status.versionOnTrial,
    failedVersion: status.failedVersion,
    running: running ? updateJson(running.row) : null,
    runnerAlive: running?.runnerAlive ?? false,
    runningSeconds: running?.seconds ?? null,
    queue: queue.map(({ row }) => updateJson(row)),
    recent: recent.map(updateJson),
    unresolved: unresolved.map(({ sequence, digest, state }) => ({ sequence, digest, state })),
    counts: status.counts,
    inbox: status.inbox,
    refusals: status.refusals,
    equivocations: status.equivocations,
    shortLogsWaiting: backlog.reduce((sum, { waiting }) => sum + waiting, 0),
    backlog,
    disk: status.disk,
    timeFloor: now.floor,
    clockBehind: status.clockBehind,
    trustProblem: status.trustProblem,
  };
}
