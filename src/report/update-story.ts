/** Everything that is known of the updates with one sequence: read once, from the ledger, the keys and the disk. */
import { statSync } from 'node:fs';
import type { Now } from '../command-line/ages.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { OutboxRow, RunRow, TransitionRow, UpdateRow } from '../ledger/rows.ts';
import { updateFile, type Layout } from '../node/layout.ts';
import { keyNames } from '../node/trust-store.ts';
import { logFiles } from './long-log.ts';
import { runFolder } from '../run/run-folder.ts';
import { retryAfterSeconds } from '../status/update-json.ts';

export interface LogFile {
  readonly path: string;
  readonly bytes: number;
}

export interface RunStory {
  readonly run: RunRow;
  /** What was said of its end, with the time it took by a clock that never jumps; `undefined` while it goes on. */
  readonly ending: string | undefined;
  /** That are there. */
  readonly logs: readonly LogFile[];
}

export interface Signer {
  readonly keyId: string;
  /** The file in the keys folder; `null`: not trusted here now. */
  readonly keyFile: string | null;
}

export interface Story {
  readonly row: UpdateRow;
  readonly signers: readonly Signer[];
  readonly transitions: readonly TransitionRow[];
  readonly runs: readonly RunStory[];
  readonly shortLogs: readonly OutboxRow[];
  /** Digests that the office has signed under the same sequence. */
  readonly rivals: readonly string[];
  /** Its verified parcel, where it is still kept. */
  readonly parcel: LogFile | undefined;
  readonly retryAfterSeconds: number | null;
  readonly now: Now;
}

/** @param clockMs the node's clock, milliseconds since 1970 */
export function readStories(ledger: Ledger, layout: Layout, sequence: number, clockMs: number): Story[] {
  return storiesOf(ledger, layout, ledger.updates.bySequence(sequence), clockMs);
}

/** @param rows the updates of one sequence */
export function storiesOf(
  ledger: Ledger,
  layout: Layout,
  rows: readonly UpdateRow[],
  clockMs: number,
): Story[] {
  const keys = rows.length === 0 ? new Map<string, string>() : keyNames(layout);
  const now = { clockMs, floor: ledger.fact('time-floor') ?? null };
  return rows.map((row) => {
    const transitions = ledger.updates.transitions(row.digest);
    return {
      row,
      signers: row.signers.map((keyId) => ({ keyId, keyFile: keys.get(keyId) ?? null })),
      transitions,
      runs: readRuns(layout, row, ledger.runs.of(row.digest), transitions),
      shortLogs: ledger.outbox.of(row.digest),
      rivals: rows.map(({ digest }) => digest).filter((digest) => digest !== row.digest),
      parcel: fileAt(updateFile(layout, row.digest)),
      retryAfterSeconds: retryAfterSeconds(row),
      now,
    };
  });
}

function readRuns(
  layout: Layout,
  { sequence, digest }: UpdateRow,
  runs: readonly RunRow[],
  transitions: readonly TransitionRow[],
): RunStory[] {
  const endings = endingsOf(transitions);
  return runs.map((run, index) => {
    const kept = logFiles(layout.log, sequence, run);
    const folder = runFolder(layout.runs, digest, run.run);
    const paths = run.logsKept ? [kept.long, kept.output] : [folder.longLog];
    return { run, ending: endings[index], logs: paths.flatMap((path) => fileAt(path) ?? []) };
  });
}

/** What follows each start: a run begins with `starting`, and the first state that is no longer in motion ends it. */
function endingsOf(transitions: readonly TransitionRow[]): (string | undefined)[] {
  const endings: (string | undefined)[] = [];
  for (const { state, reason } of transitions) {
    if (state === 'starting') endings.push(undefined);
    else if (state !== 'running' && endings.length > 0) endings[endings.length - 1] ??= `${state}: ${reason}`;
  }
  return endings;
}

function fileAt(path: string): LogFile | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? { path, bytes: stat.size } : undefined;
}
