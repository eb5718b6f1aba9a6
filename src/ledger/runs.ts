/** Starts and ends of scripts. A `starting` row is durable before anything forks; at most one run is open at a time. */
import type { ProcessIdentity } from '../host/process-identity.ts';
import type { RunOutcome } from '../run/outcome.ts';
import type { RunRow } from './rows.ts';
import type { Table } from './table.ts';

/** What {@link Runs.begin} records of a run. */
export interface RunBegin extends Pick<RunRow, 'run' | 'attempt' | 'nonce'> {
  readonly at: string;
}

/** What {@link Runs.end} records of a run. */
export interface RunEnd {
  readonly outcome: RunOutcome;
  readonly exitStatus: number | null;
  readonly signal: string | null;
  readonly at: string;
}

export class Runs {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** The number of the next run of an update: also when older ones are forgotten. */
  next(digest: string): number {
    return this.#table.row('SELECT coalesce(max(run), 0) + 1 AS next FROM runs WHERE digest = ?', digest)?.[
      'next'
    ] as number;
  }

  /** @param run from {@link next}: the number that the run's folder has */
  begin(digest: string, { run, attempt, nonce, at }: RunBegin): RunRow {
    this.#table.write(
      `INSERT INTO runs (digest, run, attempt, nonce, state, started_at) VALUES (?, ?, ?, ?, 'starting', ?)`,
      digest,
      run,
      attempt,
      nonce,
      at,
    );
    const row = this.open();
    if (!row) throw new Error('a run that was just begun is not open');
    return row;
  }

  setRunner({ digest, run }: RunRow, runner: ProcessIdentity): void {
    this.#table.write(
      `UPDATE runs SET state = 'running', runner = ? WHERE digest = ? AND run = ?`,
      JSON.stringify(runner),
      digest,
      run,
    );
  }

  end({ digest, run }: RunRow, { outcome, exitStatus, signal, at }: RunEnd): void {
    this.#table.write(
      `UPDATE runs SET state = 'ended', outcome = ?, exit_status = ?, signal = ?, ended_at = ? WHERE digest = ? AND run = ?`,
      outcome,
      exitStatus,
      signal,
      at,
      digest,
      run,
    );
  }

  /** The run that has begun and not ended, if there is one. */
  open(): RunRow | undefined {
    const raw = this.#table.row(`SELECT * FROM runs WHERE state <> 'ended'`);
    return raw && readRun(raw);
  }

  of(digest: string): RunRow[] {
    return this.#table.rows('SELECT * FROM runs WHERE digest = ? ORDER BY run', digest).map(readRun);
  }

  /** Ended runs whose logs still stand in the run's folder only. */
  withoutLogs(): RunRow[] {
    return this.#table.rows(`SELECT * FROM runs WHERE state = 'ended' AND logs_kept = 0`).map(readRun);
  }

  setLogsKept({ digest, run }: RunRow): void {
    this.#table.write('UPDATE runs SET logs_kept = 1 WHERE digest = ? AND run = ?', digest, run);
  }
}

function readRun(raw: Record<string, unknown>): RunRow {
  const runner = raw['runner'] as string | null;
  return {
    ...(raw as unknown as RunRow),
    runner: runner === null ? null : (JSON.parse(runner) as ProcessIdentity),
    logsKept: raw['logsKept'] === 1,
  };
}
