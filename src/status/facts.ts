/** What `status` looks at: read once, from the ledger, the configuration, the disk and the kernel. Changes nothing. */
import { readdirSync, statfsSync } from 'node:fs';
import { isBehind, type Now } from '../command-line/ages.ts';
import { isEnrolled } from '../enrol/is-enrolled.ts';
import { findOwnRevocation } from '../enrol/own-revocation.ts';
import { isAlive, readBootId, readUptimeSeconds } from '../host/process-identity.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { SinkBacklog } from '../ledger/outbox.ts';
import type { UpdateRow, VisitRow } from '../ledger/rows.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { versionAt } from '../service/version-links.ts';
import { findWorker, secondsSince, type Worker } from './at-work.ts';
import { retryAfterSeconds } from './update-json.ts';

/** Outcomes that are shown. */
const recentRows = 5;

export interface Waiting {
  readonly row: UpdateRow;
  /** Seconds until a deferred one may be tried again; `null`: it is not deferred. */
  readonly retryAfterSeconds: number | null;
}

export interface OpenRun {
  readonly row: UpdateRow;
  /** Its runner is not known yet. */
  readonly isStarting: boolean;
  /** Whether the run that the ledger calls open goes on. */
  readonly runnerAlive: boolean;
  /** Seconds since its runner started; `null` when it does not live. */
  readonly seconds: number | null;
}

export interface Disk {
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly freeFiles: number;
}

export interface Status {
  readonly node: Config['node'];
  /** Who works here: `undefined` nobody, `null` somebody unknown. */
  readonly worker: Worker | null | undefined;
  /** The version of ferryman that was at work last. */
  readonly version: string | null;
  /** A newer one that is being tried out. */
  readonly versionOnTrial: string | null;
  /** The last one whose trial has failed, until another has proved itself. */
  readonly failedVersion: string | null;
  readonly running: OpenRun | undefined;
  readonly queue: readonly Waiting[];
  /** The newest arrivals. */
  readonly recent: readonly UpdateRow[];
  /** What has ended last. */
  readonly outcomes: readonly UpdateRow[];
  /** Updates that did not succeed, and that nothing which did supersedes. */
  readonly unresolved: readonly UpdateRow[];
  /** A script has asked for a reboot that has not come yet. */
  readonly rebootWanted: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly inbox: number;
  readonly refusals: number;
  /** Sequences under which the office has signed two contents. */
  readonly equivocations: readonly number[];
  readonly backlog: readonly SinkBacklog[];
  /** The USB key that was in last. */
  readonly lastVisit: VisitRow | undefined;
  readonly disk: Disk;
  readonly now: Now;
  readonly clockBehind: boolean;
  /** Whether the office's word on who it is stands here: without it it meets nobody and sends no logs. */
  readonly enrolled: boolean;
  /** Of an enrolment that came and could not be installed: why. */
  readonly enrolmentProblem: string | null;
  /** Serial of this node's enrolment, which the office has revoked. */
  readonly revokedSerial: number | null;
  /** Why every parcel is refused; `null` when the keys are in order. */
  readonly trustProblem: string | null;
  /** Why `config.toml` is not what this node works by; `null` when it is. */
  readonly configProblem: string | null;
}

/** @param clockMs the node's clock, milliseconds since 1970 */
export function readStatus(
  ledger: Ledger,
  layout: Layout,
  { node }: Config,
  clockMs: number,
): Omit<Status, 'trustProblem' | 'configProblem'> {
  const uptimeSeconds = readUptimeSeconds();
  const now = { clockMs, floor: ledger.fact('time-floor') ?? null };
  return {
    node,
    worker: findWorker(ledger, layout, uptimeSeconds),
    version: ledger.fact('version') ?? null,
    versionOnTrial: versionAt(layout.versions, 'trial') ?? null,
    failedVersion: ledger.fact('failed-version') ?? null,
    running: readOpenRun(ledger, uptimeSeconds),
    queue: ledger.updates.unfinished().map((row) => ({ row, retryAfterSeconds: retryAfterSeconds(row) })),
    recent: ledger.updates.newestFirst(recentRows),
    outcomes: ledger.search.outcomes(recentRows),
    unresolved: ledger.search.unresolved().filter((row) => !ledger.updates.isUnfinished(row)),
    rebootWanted: isRebootWanted(ledger),
    counts: Object.fromEntries(ledger.updates.countByState()),
    inbox: readdirSync(layout.inbox).filter((name) => name.endsWith('.parcel')).length,
    refusals: ledger.refusals.count(),
    equivocations: [...new Set(ledger.refusals.evidence().map((side) => side.sequence))],
    backlog: ledger.outbox.backlog(),
    lastVisit: ledger.usb.lastVisits(1)[0],
    disk: readDisk(layout.state),
    now,
    clockBehind: isBehind(now),
    enrolled: isEnrolled(layout),
    enrolmentProblem: ledger.notices.enrolmentProblem() ?? null,
    revokedSerial: findOwnRevocation(layout) ?? null,
  };
}

function readOpenRun(ledger: Ledger, uptimeSeconds: number): OpenRun | undefined {
  const open = ledger.runs.open();
  const row = open && ledger.updates.find(open.digest);
  if (!row) return undefined;
  const runner = open.runner && isAlive(open.runner) ? open.runner : undefined;
  return {
    row,
    isStarting: open.state === 'starting',
    runnerAlive: runner !== undefined,
    seconds: runner ? secondsSince(runner, uptimeSeconds) : null,
  };
}

/** The wish of an earlier boot has come true: src/controller/reboot.ts clears it at its next look. */
function isRebootWanted(ledger: Ledger): boolean {
  const wish = ledger.fact('reboot-wanted');
  return wish !== undefined && (JSON.parse(wish) as { bootId: string }).bootId === readBootId();
}

/** What is free to everybody, not the share that only root may fill. */
function readDisk(folder: string): Disk {
  const { bavail, blocks, bsize, ffree } = statfsSync(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, freeFiles: ffree };
}
