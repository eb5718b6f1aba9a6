/** Short logs on their way to the sinks: written with the outcome they tell, kept until a sink has taken them. */
import type { OutboxRow } from './rows.ts';
import type { Table } from './table.ts';

/** A short log as it comes from its outcome. */
export type NewMessage = Pick<OutboxRow, 'digest' | 'sequence' | 'state' | 'text' | 'createdAt'>;

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

  /** The oldest first. */
  waiting(limit: number): OutboxRow[] {
    return this.#table.rows(
      'SELECT * FROM outbox WHERE delivered_at IS NULL ORDER BY id LIMIT ?',
      limit,
    ) as unknown as OutboxRow[];
  }

  countWaiting(): number {
    return this.#table.row('SELECT count(*) AS count FROM outbox WHERE delivered_at IS NULL')?.[
      'count'
    ] as number;
  }

  /** The text last written for an update. */
  lastText(digest: string): string | undefined {
    return this.#table.row('SELECT text FROM outbox WHERE digest = ? ORDER BY id DESC LIMIT 1', digest)?.[
      'text'
    ] as string | undefined;
  }

  setDelivered(id: number, at: string): void {
    this.#table.write(
      'UPDATE outbox SET delivered_at = ?, tries = tries + 1, problem = NULL WHERE id = ?',
      at,
      id,
    );
  }

  setProblem(id: number, problem: string): void {
    this.#table.write('UPDATE outbox SET tries = tries + 1, problem = ? WHERE id = ?', problem, id);
  }
}
