/** Which part of the acknowledgements each origin stands in, and which parts are to be written anew. */
import type Database from 'better-sqlite3';

/** Incarnations at which a shard takes no more origins: an acknowledgement has room for 250, and a node that is imaged anew has two. */
const fullAt = 200;

export interface ShardMember {
  readonly of: number;
  readonly origin: string;
  readonly incarnation: string;
}

export class Shards {
  readonly #database: Database.Database;
  readonly #of: Database.Statement<[string], { shard: number }>;
  readonly #setChanged: Database.Statement<[string]>;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#of = database.prepare('SELECT shard FROM origins WHERE origin = ?');
    this.#setChanged = database.prepare(
      `INSERT INTO shards (shard, changed) SELECT shard, 1 FROM origins WHERE origin = ?
       ON CONFLICT (shard) DO UPDATE SET changed = 1`,
    );
  }

  of(origin: string): number | undefined {
    return this.#of.get(origin)?.shard;
  }

  /** The shard for the next new origin: the last one, as long as it has room. */
  next(): number {
    const last = this.#database
      .prepare<[], { shard: number; incarnations: number }>(
        `SELECT shard, count(*) AS incarnations FROM origins LEFT JOIN incarnations USING (origin)
         WHERE shard = (SELECT max(shard) FROM origins) GROUP BY shard`,
      )
      .get();
    if (!last) return 0;
    return last.incarnations < fullAt ? last.shard : last.shard + 1;
  }

  place(origin: string, shard: number): void {
    this.#database.prepare('INSERT OR REPLACE INTO origins (origin, shard) VALUES (?, ?)').run(origin, shard);
  }

  setChanged(origin: string): void {
    this.#setChanged.run(origin);
  }

  setAllChanged(): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO shards (shard, changed) SELECT DISTINCT shard, 1 FROM origins')
      .run();
  }

  setWritten(shard: number): void {
    this.#database.prepare('UPDATE shards SET changed = 0 WHERE shard = ?').run(shard);
  }

  changed(): number[] {
    return this.#database
      .prepare<[], { shard: number }>('SELECT shard FROM shards WHERE changed = 1 ORDER BY shard')
      .all()
      .map(({ shard }) => shard);
  }

  /** Those heard of last first. */
  members(shard: number): ShardMember[] {
    return this.#database
      .prepare<[number], ShardMember>(
        `SELECT id AS of, origin, incarnation FROM incarnations JOIN origins USING (origin)
         WHERE shard = ? ORDER BY last_at DESC, id DESC`,
      )
      .all(shard);
  }
}
