/**
 * What must be true of a node whatever was killed when. Each function returns the violations as sentences, so that a test
 * expects an empty list and a failure reads as what went wrong.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { openLedgerForReading } from '../../src/ledger/open.ts';
import type { RunRow, UpdateRow } from '../../src/ledger/rows.ts';
import { updateFile, type Layout } from '../../src/node/layout.ts';
import { readWitness, type End, type Start } from './witness.ts';

/** What the ledger says at one moment. */
export interface Records {
  readonly updates: readonly UpdateRow[];
  readonly runs: readonly RunRow[];
  readonly waitingReports: number;
}

export function readRecords({ ledgerFile }: Layout): Records {
  const ledger = openLedgerForReading(ledgerFile);
  try {
    const updates = ledger.updates.newestFirst(1000);
    return {
      updates,
      runs: updates.flatMap(({ digest }) => ledger.runs.of(digest)),
      waitingReports: ledger.outbox.countWaiting(),
    };
  } finally {
    ledger.close();
  }
}

/** Nothing more will happen to this update by itself. */
export function isAtRest({ state, terms, attempts }: UpdateRow): boolean {
  if (state === 'interrupted')
    return terms?.script.onInterrupt !== 'rerun' || attempts >= terms.script.maxAttempts;
  return ['succeeded', 'failed', 'timed-out'].includes(state);
}

/** Watches that what is recorded as ended stays so: call {@link FinishedRecords.look} after every kill. */
export class FinishedRecords {
  readonly #layout: Layout;
  readonly #seen = new Map<string, string>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  look(): string[] {
    const { updates, runs } = readRecords(this.#layout);
    const now = new Map<string, string>();
    for (const { state, nonce, outcome, exitStatus } of runs)
      if (state === 'ended') now.set(`run ${nonce}`, `${outcome} ${exitStatus}`);
    for (const row of updates.filter(isAtRest))
      now.set(`update ${row.sequence}`, `${row.state} ${row.exitStatus} ${row.finishedAt}`);
    const violations = [...this.#seen].filter(([what, was]) => now.get(what) !== was);
    for (const [what, is] of now) this.#seen.set(what, is);
    return violations.map(
      ([what, was]) => `${what} was recorded as ${was}, then as ${now.get(what) ?? 'nothing'}`,
    );
  }
}

/** The witness and the ledger tell the same story. Holds at every moment, but for what is told of the open run. */
export function disagreements(layout: Layout): string[] {
  const { updates, runs } = readRecords(layout);
  const { starts, ends, overlaps } = readWitness(layout.root);
  return [
    ...overlaps.map((line) => `two scripts at once: ${line}`),
    ...starts
      .filter(({ nonce }) => !runs.some((run) => run.nonce === nonce))
      .map((start) => `a start that no run records: ${start.sequence} ${start.nonce}`),
    ...runs.flatMap((run) => aboutRun(run, starts, ends)),
    ...updates.flatMap((row) =>
      aboutUpdate(
        row,
        runs.filter((run) => run.digest === row.digest),
        starts,
      ),
    ),
  ];
}

function aboutRun(
  { nonce, outcome, exitStatus }: RunRow,
  allStarts: readonly Start[],
  allEnds: readonly End[],
): string[] {
  const starts = allStarts.filter((start) => start.nonce === nonce);
  const [end, ...moreEnds] = allEnds.filter((one) => one.nonce === nonce);
  const violations: string[] = [];
  const must = (truth: boolean, text: string): void => {
    if (!truth) violations.push(`run ${nonce} (${outcome ?? 'open'}, exit ${exitStatus}): ${text}`);
  };
  must(starts.length <= 1 && moreEnds.length === 0, `began ${starts.length} times`);
  if (outcome === 'not-started') must(starts.length === 0, 'its script did begin');
  if (outcome === 'interrupted') must(exitStatus === null, 'has an exit status');
  if (outcome === 'succeeded' || outcome === 'failed' || outcome === 'deferred') {
    must(starts.length === 1 && end !== undefined, 'its script did not begin and end');
    must(end?.exitStatus === exitStatus, `its script ended with ${end?.exitStatus}`);
  }
  return violations;
}

function aboutUpdate(
  { sequence, terms, state, attempts }: UpdateRow,
  runs: readonly RunRow[],
  starts: readonly Start[],
): string[] {
  const begun = runs.filter((run) => run.outcome !== 'not-started');
  const counted = begun.filter((run) => run.outcome !== 'deferred');
  const unrecorded = begun.filter(
    (run) =>
      (run.outcome === 'interrupted' || run.outcome === null) &&
      starts.some((start) => start.nonce === run.nonce),
  );
  const allowed = terms?.script.onInterrupt === 'rerun' ? terms.script.maxAttempts : 1;
  const isOpen = runs.some((run) => run.outcome === null);
  const violations: string[] = [];
  const must = (truth: boolean, text: string): void => {
    if (!truth) violations.push(`update ${sequence} (${state}): ${text}`);
  };
  must(
    unrecorded.length <= allowed,
    `${unrecorded.length} starts without a recorded exit, ${allowed} allowed`,
  );
  must(counted.length <= allowed, `${counted.length} starts that count, ${allowed} allowed`);
  must(
    begun
      .slice(0, -1)
      .every((run) => run.outcome === 'deferred' || (run.outcome === 'interrupted' && allowed > 1)),
    `started again after ${begun.map((run) => run.outcome).join(', ')}`,
  );
  must(isOpen || attempts === counted.length, `counts ${attempts} attempts, has ${counted.length}`);
  return violations;
}

/** What must be true once everything has come to rest. @param sequences the updates that were sent here */
export function unsettled(layout: Layout, sequences: readonly number[]): string[] {
  const { updates, runs, waitingReports } = readRecords(layout);
  return [
    ...disagreements(layout),
    ...sequences
      .filter((sequence) => updates.filter((row) => row.sequence === sequence).length !== 1)
      .map((sequence) => `update ${sequence} is not in the ledger once`),
    ...updates
      .filter((row) => !isAtRest(row))
      .map((row) => `update ${row.sequence} is still ${row.state}: ${row.reason}`),
    ...updates.flatMap((row) =>
      aboutLastRun(
        row,
        runs.filter((run) => run.digest === row.digest && run.outcome !== 'not-started').at(-1),
      ),
    ),
    ...(waitingReports > 0 ? [`${waitingReports} reports are still waiting`] : []),
    ...leftovers(layout, updates),
  ];
}

function aboutLastRun({ sequence, state, exitStatus }: UpdateRow, last: RunRow | undefined): string[] {
  return last?.outcome === state && last.exitStatus === exitStatus
    ? []
    : [`update ${sequence} is ${state} (${exitStatus}), its last run ${last?.outcome} (${last?.exitStatus})`];
}

/** Spool, runs and logs hold what they should and nothing else. */
function leftovers(layout: Layout, updates: readonly UpdateRow[]): string[] {
  const wanted = updates.map(({ digest }) => `${digest}.zip`);
  const stored = readdirSync(layout.relayUpdates);
  return [
    ...readdirSync(layout.backhaul).map((name) => `left in backhaul: ${name}`),
    ...readdirSync(layout.inbox).map((name) => `left in the inbox: ${name}`),
    ...readdirSync(layout.runs).map((name) => `left in runs: ${name}`),
    ...stored.filter((name) => !wanted.includes(name)).map((name) => `left in the relay store: ${name}`),
    ...wanted.filter((name) => !stored.includes(name)).map((name) => `not in the relay store: ${name}`),
    ...partsUnder(layout.root).map((name) => `left half-written: ${name}`),
  ];
}

function partsUnder(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.part'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** The parcel is somewhere on the node, whole. */
export function isKept(layout: Layout, parcel: Buffer, digest: string): boolean {
  const inFolders = [layout.backhaul, layout.inbox].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .map((name) => join(folder, name)),
  );
  return [...inFolders, updateFile(layout, digest)].some((file) => isFileWith(file, parcel));
}

function isFileWith(file: string, bytes: Buffer): boolean {
  try {
    return readFileSync(file).equals(bytes);
  } catch {
    return false;
  }
}
