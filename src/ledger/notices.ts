/** What came of parcels that are no updates, rosters, acknowledgements and enrolments: the last 1,000 are kept. */
import type { Table } from './table.ts';

const kept = 1000;

export interface Notice {
  /** Of the parcel. */
  readonly digest: string;
  /** `roster 7`. */
  readonly title: string;
  /** False: it is what it should be, but could not be taken into use here. */
  readonly isTaken: boolean;
  /** In words: `in force`, or why not. */
  readonly outcome: string;
}

export class Notices {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** @returns true when this is news: the same came of the same parcel before otherwise */
  add({ digest, title, isTaken, outcome }: Notice, at: string): boolean {
    const before = this.find(digest);
    if (before?.isTaken === isTaken && before.outcome === outcome) return false;
    this.#table.transaction(() => {
      this.#table.write(
        'INSERT OR REPLACE INTO notices (digest, title, is_taken, outcome, at) VALUES (?, ?, ?, ?, ?)',
        digest,
        title,
        Number(isTaken),
        outcome,
        at,
      );
      this.#table.write('DELETE FROM notices WHERE id <= (SELECT max(id) FROM notices) - ?', kept);
    });
    return true;
  }

  /** What the newest enrolment that came says, when it could not be taken into use. */
  enrolmentProblem(): string | undefined {
    const row = this.#table.row(
      `SELECT title, is_taken, outcome FROM notices WHERE title LIKE 'enrolment %' AND outcome NOT LIKE 'for another node%'
       ORDER BY id DESC LIMIT 1`,
    );
    return row === undefined || row['isTaken'] === 1 ? undefined : `${row['title']}: ${row['outcome']}`;
  }

  find(digest: string): Notice | undefined {
    const row = this.#table.row('SELECT * FROM notices WHERE digest = ?', digest);
    if (!row) return undefined;
    return {
      digest,
      title: row['title'] as string,
      isTaken: row['isTaken'] === 1,
      outcome: row['outcome'] as string,
    };
  }
}
