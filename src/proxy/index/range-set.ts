/** Sets of sequences in a table of the index: ranges that neither touch nor overlap, one set per incarnation. */
import type Database from 'better-sqlite3';
import type { SequenceRange } from '../../parcel/sequences.ts';

export class RangeSet {
  readonly #near: Database.Statement<[number, number], SequenceRange>;
  readonly #all: Database.Statement<[number], SequenceRange>;
  readonly #insert: Database.Statement<[number, number, number]>;
  readonly #remove: Database.Statement<[number, number]>;
  readonly #clear: Database.Statement<[number]>;

  constructor(database: Database.Database, table: 'held' | 'voids') {
    this.#near = database.prepare(
      `SELECT first, last FROM ${table} WHERE of = ? AND first <= ? ORDER BY first DESC`,
    );
    this.#all = database.prepare(`SELECT first, last FROM ${table} WHERE of = ? ORDER BY first`);
    this.#insert = database.prepare(`INSERT INTO ${table} (of, first, last) VALUES (?, ?, ?)`);
    this.#remove = database.prepare(`DELETE FROM ${table} WHERE of = ? AND first = ?`);
    this.#clear = database.prepare(`DELETE FROM ${table} WHERE of = ?`);
  }

  /** In order. */
  all(of: number): SequenceRange[] {
    return this.#all.all(of);
  }

  /** Looks at the ranges that it joins, and no others. @returns true when it was not all there */
  add(of: number, range: SequenceRange): boolean {
    let { first, last } = range;
    const joined: number[] = [];
    for (const near of this.#near.iterate(of, range.last + 1)) {
      if (near.last < range.first - 1) break;
      if (near.first <= range.first && near.last >= range.last) return false;
      first = Math.min(first, near.first);
      last = Math.max(last, near.last);
      joined.push(near.first);
    }
    for (const one of joined) this.#remove.run(of, one);
    this.#insert.run(of, first, last);
    return true;
  }

  clear(of: number): void {
    this.#clear.run(of);
  }
}
