/**
 * How updates came to their ends: transitions, runs, short logs. Of old ones only the last of each is kept. What refuses a replay is in
 * `updates` and `supersedes`, and what proves an equivocation in `evidence`: these are never touched.
 */
import type { Table } from './table.ts';

export interface StoryBounds {
  /** Stories that ended with this transition, or before, are old. */
  readonly upTo: number;
  /** So many of the newest updates keep theirs, if not old. */
  readonly keepUpdates: number;
}

/** Nothing of an update that may still run. */
const oldUpdates = `
  SELECT digest FROM updates AS u
  WHERE u.state IN ('succeeded', 'failed', 'timed-out', 'superseded', 'not-for-me', 'expired', 'refused')
    AND (u.id <= coalesce((SELECT id FROM updates ORDER BY id DESC LIMIT 1 OFFSET ?), 0)
      OR (SELECT max(id) FROM transitions AS t WHERE t.digest = u.digest) <= ?)`;

export class Stories {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** The change (id of its transition) that an update last saw. */
  lastChange(digest: string): number {
    const row = this.#table.row('SELECT max(id) AS id FROM transitions WHERE digest = ?', digest);
    return (row?.['id'] as number | null | undefined) ?? 0;
  }

  /** In a transaction of the caller. @returns rows that went */
  forget({ upTo, keepUpdates }: StoryBounds): number {
    const forgetIn = (from: string): number =>
      this.#table.write(`DELETE FROM ${from} AND digest IN (${oldUpdates})`, keepUpdates, upTo);
    return (
      forgetIn(
        `runs AS r WHERE state = 'ended' AND logs_kept = 1 AND run < (SELECT max(run) FROM runs WHERE digest = r.digest)`,
      ) +
      forgetIn(
        'outbox AS o WHERE delivered_at IS NOT NULL AND id < (SELECT max(id) FROM outbox WHERE digest = o.digest)',
      ) +
      forgetIn('transitions AS n WHERE id < (SELECT max(id) FROM transitions WHERE digest = n.digest)')
    );
  }
}
