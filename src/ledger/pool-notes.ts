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

  /** Of one parcel, by its name or the beginning of its digest, also of an update that was never here by that digest; the newest first. */
  of(nameOrDigest: string): PoolNoteRow[] {
    return this.#table.rows(
      `WITH asked (text) AS (VALUES (?))
       SELECT pool_notes.* FROM pool_notes, asked WHERE name = text OR (length(text) >= 8
       AND (substr(digest, 1, length(text)) = text OR substr(name, 1, 8 + length(text)) = 'updates/' || text))
       ORDER BY id DESC LIMIT 20`,
      nameOrDigest,
    ) as unknown as PoolNoteRow[];
  }

  /** What each neighbour brought that was set aside: its GUID and the names, the newest first. */
  setAside(): Map<string, string[]> {
    const byPeer = new Map<string, string[]>();
    for (const { peer, name } of this.#table.rows(
      `SELECT peer, name FROM pool_notes WHERE what IN ('quarantined', 'fork') GROUP BY peer, name ORDER BY max(id) DESC`,
    )) {
      const names = byPeer.get(peer as string) ?? [];
      byPeer.set(peer as string, names);
      names.push(name as string);
    }
    return byPeer;
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
