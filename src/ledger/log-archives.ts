/**
 * This node's own archives of logs, by sequence: reserved before they are built, so that a number is never used twice; their digests are
 * kept for ever. Spec: docs/format.md §14.
 */
import type { LogClass } from '../parcel/log-archive.ts';
import { normaliseRanges, type SequenceRange } from '../parcel/sequences.ts';
import type { Table } from './table.ts';

/**
 * - `reserved`: may be being built; after a crash it is void.
 * - `built`: whole, perhaps not in the pool yet.
 * - `stored`: in the pool, undelivered. `delivered`: a proxy holds it, and it was removed here.
 * - `void`: was never built, or had to be dropped undelivered.
 */
export type LogArchiveState = 'reserved' | 'built' | 'stored' | 'delivered' | 'void';

export interface LogArchiveRow {
  readonly sequence: number;
  readonly class: LogClass;
  readonly state: LogArchiveState;
  /** Also of a void that was built once: somebody may hold it. */
  readonly digest: string | null;
  readonly bytes: number | null;
  readonly progress: string | null;
  readonly reason: string;
  readonly at: string;
}

export class LogArchives {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Takes the next sequence; durable when it returns. */
  reserve(logClass: LogClass, at: string): number {
    const row = this.#table.row(
      `INSERT INTO log_archives (sequence, class, state, reason, at)
       SELECT coalesce(max(sequence), 0) + 1, ?, 'reserved', '', ? FROM log_archives RETURNING sequence`,
      logClass,
      at,
    );
    return row?.['sequence'] as number;
  }

  /** @param progress what {@link setStored} is followed by, for whoever finds the archive in the pool after a crash */
  setBuilt(sequence: number, digest: string, bytes: number, progress: string): void {
    this.#table.write(
      `UPDATE log_archives SET state = 'built', is_there = 1, digest = ?, bytes = ?, progress = ? WHERE sequence = ?`,
      digest,
      bytes,
      progress,
      sequence,
    );
  }

  /** It was signed anew. */
  setBytes(sequence: number, bytes: number): void {
    this.#table.write('UPDATE log_archives SET bytes = ? WHERE sequence = ?', bytes, sequence);
  }

  setStored(sequence: number): void {
    this.#table.write(
      `UPDATE log_archives SET state = 'stored', progress = NULL WHERE sequence = ?`,
      sequence,
    );
  }

  /** Call it before the file is removed. What was delivered meanwhile, in another process, stays so. */
  setVoid(sequence: number, reason: string): void {
    this.#table.write(
      `UPDATE log_archives SET state = 'void', progress = NULL, reason = ? WHERE sequence = ? AND state <> 'delivered'`,
      reason,
      sequence,
    );
  }

  /** Call it before the files are removed. */
  setDelivered(ranges: readonly SequenceRange[]): void {
    for (const { first, last } of ranges)
      this.#table.write(
        `UPDATE log_archives SET state = 'delivered' WHERE sequence BETWEEN ? AND ? AND state = 'stored'`,
        first,
        last,
      );
  }

  /** Its file has been removed. */
  setGone(sequence: number): void {
    this.#table.write('UPDATE log_archives SET is_there = 0 WHERE sequence = ?', sequence);
  }

  /** Dropped or delivered, and the file may still be there. */
  leftOver(): LogArchiveRow[] {
    return this.#rows(`WHERE is_there = 1 AND state IN ('void', 'delivered') ORDER BY sequence`);
  }

  /** What a crash may have left, the oldest first. */
  unfinished(): LogArchiveRow[] {
    return this.#rows(`WHERE state IN ('reserved', 'built') ORDER BY sequence`);
  }

  find(sequence: number): LogArchiveRow | undefined {
    return this.#rows('WHERE sequence = ?', sequence)[0];
  }

  /** @param digest or its beginning */
  byDigest(digest: string): LogArchiveRow | undefined {
    return this.#rows('WHERE digest >= ? AND digest < ? LIMIT 1', digest, `${digest}g`)[0];
  }

  /** In the pool and undelivered, the oldest first. */
  waiting(): LogArchiveRow[] {
    return this.#rows(`WHERE state = 'stored' ORDER BY sequence`);
  }

  /** All that were ever dropped or never built. */
  voids(): SequenceRange[] {
    return this.#ranges(`WHERE state = 'void' ORDER BY sequence`);
  }

  delivered(): SequenceRange[] {
    return this.#ranges(`WHERE state = 'delivered' ORDER BY sequence`);
  }

  /** The newest that was built. */
  newest(): LogArchiveRow | undefined {
    return this.#rows('WHERE digest IS NOT NULL ORDER BY sequence DESC LIMIT 1')[0];
  }

  lastSequence(): number {
    return (
      (this.#table.row('SELECT max(sequence) AS last FROM log_archives')?.['last'] as number | null) ?? 0
    );
  }

  /** Digests of a range in its order; `null` where none was ever built: for the chain (docs/format.md §15). */
  digests({ first, last }: SequenceRange): (string | null)[] {
    return this.#rows('WHERE sequence BETWEEN ? AND ? ORDER BY sequence', first, last).map(
      ({ digest }) => digest,
    );
  }

  #ranges(clause: string): SequenceRange[] {
    const rows = this.#table.rows(`SELECT sequence FROM log_archives ${clause}`) as { sequence: number }[];
    return normaliseRanges(rows.map(({ sequence }) => ({ first: sequence, last: sequence })));
  }

  #rows(clause: string, ...values: (number | string)[]): LogArchiveRow[] {
    return this.#table.rows(`SELECT * FROM log_archives ${clause}`, ...values) as unknown as LogArchiveRow[];
  }
}
