/** The status as `ferryman status --json` prints it. Spec: docs/json.md. */
import type { Status } from './facts.ts';
import { troublesOf } from './troubles.ts';
import { updateJson } from './update-json.ts';

export function statusJson(status: Status): object {
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
    rebootWanted: status.rebootWanted,
    counts: status.counts,
    inbox: status.inbox,
    refusals: status.refusals,
    equivocations: status.equivocations,
    shortLogsWaiting: backlog.reduce((sum, { waiting }) => sum + waiting, 0),
    backlog,
    lastVisit: status.lastVisit ?? null,
    disk: status.disk,
    timeFloor: now.floor,
    clockBehind: status.clockBehind,
    enrolled: status.enrolled,
    enrolmentProblem: status.enrolmentProblem,
    trustProblem: status.trustProblem,
    configProblem: status.configProblem,
  };
}
