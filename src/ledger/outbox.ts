/**
 * Short logs on their way to the sinks: written with the outcome they tell, kept until a sink has taken them. And how it stands with
 * each sink: after a failure it is left alone for a while.
 */
import type { OutboxRow, SinkRow } from './rows.ts';
import type { Table } from './table.ts';

/** A short log as it comes from its outcome. */
export type NewMessage = Pick<OutboxRow, 'digest' | 'sequence' | 'state' | 'text' | 'createdAt'>;

/** What a sink has not taken yet. */
export interface SinkBacklog {
  readonly sink: string;
  readonly waiting: number;
  readonly problem: string | null;
}

export class Outbox {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  add(sink: string, { digest, sequence, state, text, createdAt }: NewMessage): void {
    this.#table.write(
      'INSERT INTO outbox (sink, digest, sequence, state, text, created_at) VALUES (?, ?, ?, ?, ?, ?)',
      sink,
      digest,
      sequence,
      state,
      text,
      createdAt,
    );
  }

  /** What waits for a sink, the oldest first. */
  waiting(sink: string, limit: number): OutboxRow[] {
    return this.#messages('WHERE sink = ? AND delivered_at IS NULL ORDER BY id LIMIT ?', sink, limit);
  }

  /** What a sink was offered least often. @param exceptId a message that is not meant */
  leastTried(sink: string, exceptId: number): OutboxRow | undefined {
    return this.#messages(
      'WHERE sink = ? AND delivered_at IS NULL AND id <> ? ORDER BY tries, id LIMIT 1',
      sink,
      exceptId,
    )[0];
  }

  /** How many wait for each sink that has to wait, sinks that are configured no more among them, and what stands in the way. */
  backlog(): SinkBacklog[] {
    return this.#table.rows(
      `SELECT sink, count(*) AS waiting, (SELECT problem FROM sinks WHERE name = sink) AS problem
       FROM outbox WHERE delivered_at IS NULL GROUP BY sink ORDER BY sink`,
    ) as unknown as SinkBacklog[];
  }

  countWaiting(): number {
    return this.backlog().reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** All that was written for an update, the oldest first. */
  of(digest: string): OutboxRow[] {
    return this.#messages('WHERE digest = ? ORDER BY id', digest);
  }

  /** The text last written for an update. */
  lastText(digest: string): string | undefined {
    return this.#messages('WHERE digest = ? ORDER BY id DESC LIMIT 1', digest)[0]?.text;
  }

  /** A sink has taken a message; it is in order again. @param note what it did not pass on */
  setDelivered({ id, sink }: OutboxRow, at: string, note?: string): void {
    this.#table.write(
      'UPDATE outbox SET delivered_at = ?, tries = tries + 1, problem = ? WHERE id = ?',
      at,
      note ?? null,
      id,
    );
    this.#table.write('DELETE FROM sinks WHERE name = ?', sink);
  }

  setProblem({ id }: OutboxRow, problem: string): void {
    this.#table.write('UPDATE outbox SET tries = tries + 1, problem = ? WHERE id = ?', problem, id);
  }

  /** Gives up what waits for a sink. @returns how many messages */
  drop(sink: string, at: string): number {
    this.#table.write('DELETE FROM sinks WHERE name = ?', sink);
    return this.#table.write(
      `UPDATE outbox SET delivered_at = ?, problem = 'given up' WHERE sink = ? AND delivered_at IS NULL`,
      at,
      sink,
    );
  }

  /** Sinks that failed when they were last tried. */
  failingSinks(): SinkRow[] {
    return this.#table.rows('SELECT * FROM sinks ORDER BY name') as unknown as SinkRow[];
  }

  /** Failing sinks may be tried at once. */
  endPauses(): void {
    this.#table.write('UPDATE sinks SET retry_uptime_seconds = 0');
  }

  setFailing({ name, failures, problem, retryBootId, retryUptimeSeconds }: SinkRow): void {
    this.#table.write(
      `INSERT INTO sinks (name, failures, problem, retry_boot_id, retry_uptime_seconds) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, problem = excluded.problem,
         retry_boot_id = excluded.retry_boot_id, retry_uptime_seconds = excluded.retry_uptime_seconds`,
      name,
      failures,
      problem,
      retryBootId,
      retryUptimeSeconds,
    );
  }

  #messages(clause: string, ...values: (string | number)[]): OutboxRow[] {
    return this.#table.rows(`SELECT * FROM outbox ${clause}`, ...values) as unknown as OutboxRow[];
  }
}
