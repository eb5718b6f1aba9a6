/**
 * What is known to be at a proxy, or lost: the union of all acknowledgements ever seen. It only grows, but for streams that the office
 * has closed long ago: forgetting a part would let archives come back that were removed everywhere.
 */
import { formatRanges, parseRanges, type SequenceRange } from '../parcel/sequences.ts';
import type { Table } from './table.ts';

/** The newest acknowledgement of a proxy and shard that was taken. */
export interface AckRow {
  readonly proxy: string;
  readonly shard: number;
  /** Of the enrolment that it carried. */
  readonly serial: number;
  readonly epoch: string;
  readonly number: number;
  readonly digest: string;
}

export class Cover {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  of(origin: string, incarnation: string): SequenceRange[] {
    const row = this.#table.row(
      'SELECT sequences FROM cover WHERE origin = ? AND incarnation = ?',
      origin,
      incarnation,
    );
    return row ? parseRanges(row['sequences'] as string) : [];
  }

  /** All of it, sorted by origin and incarnation. */
  *all(): Generator<{ origin: string; incarnation: string; sequences: SequenceRange[] }> {
    for (const row of this.#table.rows('SELECT * FROM cover ORDER BY origin, incarnation'))
      yield {
        origin: row['origin'] as string,
        incarnation: row['incarnation'] as string,
        sequences: parseRanges(row['sequences'] as string),
      };
  }

  /** Adds to what is covered. @returns true when there was anything to add */
  add(origin: string, incarnation: string, sequences: readonly SequenceRange[]): boolean {
    const before = this.of(origin, incarnation);
    const after = formatRanges([...before, ...sequences]);
    if (after === formatRanges(before)) return false;
    this.#table.write(
      `INSERT INTO cover (origin, incarnation, sequences) VALUES (?, ?, ?)
       ON CONFLICT (origin, incarnation) DO UPDATE SET sequences = excluded.sequences`,
      origin,
      incarnation,
      after,
    );
    return true;
  }

  /** Only for a stream that the office has closed, and of which no archive can be left: else those would come back. */
  forget(origin: string, incarnation: string): void {
    this.#table.write('DELETE FROM cover WHERE origin = ? AND incarnation = ?', origin, incarnation);
  }

  newestAck(proxy: string, shard: number): AckRow | undefined {
    return this.#table.row('SELECT * FROM acks WHERE proxy = ? AND shard = ?', proxy, shard) as unknown as
      | AckRow
      | undefined;
  }

  acks(): AckRow[] {
    return this.#table.rows('SELECT * FROM acks ORDER BY proxy, shard') as unknown as AckRow[];
  }

  setNewestAck({ proxy, shard, serial, epoch, number, digest }: AckRow): void {
    this.#table.write(
      `INSERT OR REPLACE INTO acks (proxy, shard, serial, epoch, number, digest) VALUES (?, ?, ?, ?, ?, ?)`,
      proxy,
      shard,
      serial,
      epoch,
      number,
      digest,
    );
  }
}
