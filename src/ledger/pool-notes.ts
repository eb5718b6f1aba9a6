/** Why archives and other parcels of neighbours are not here: the last 20,000 that were removed or not taken. */
import type { PoolNoteRow } from './rows.ts';
import type { Table } from './table.ts';

const kept = 20_000;

export type NewPoolNote = Omit<PoolNoteRow, 'id'>;

export class PoolNotes {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  add(notes: readonly NewPoolNote[]): void {
    if (notes.length === 0) return;
    this.#table.transaction(() => {
      for (const { name, digest, what, reason, peer, at } of notes)
        this.#table.write(
          'INSERT INTO pool_notes (name, digest, what, reason, peer, at) VALUES (?, ?, ?, ?, ?, ?)',
          name,
          digest,
          what,
          reason,
          peer,
          at,
        );
      this.#table.write('DELETE FROM pool_notes WHERE id <= (SELECT max(id) FROM pool_notes) - ?', kept);
    });
  }

  /** Of one parcel, by its name or the beginning of its digest; the newest first. */
  of(nameOrDigest: string): PoolNoteRow[] {
    return this.#table.rows(
      `SELECT * FROM pool_notes WHERE name = ? OR (length(?) >= 8 AND substr(digest, 1, length(?)) = ?) ORDER BY id DESC LIMIT 20`,
      nameOrDigest,
      nameOrDigest,
      nameOrDigest,
      nameOrDigest,
    ) as unknown as PoolNoteRow[];
  }

  /** How many there are of each kind. */
  counts(): Record<string, number> {
    return Object.fromEntries(
      this.#table
        .rows('SELECT what, count(*) AS times FROM pool_notes GROUP BY what')
        .map(({ what, times }) => [what as string, times as number]),
    );
  }
}
