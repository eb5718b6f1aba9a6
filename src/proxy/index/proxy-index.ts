/** The proxy's index: facts about the files of the store, quick to ask. Everything in it can be made anew from the files. */
import type Database from 'better-sqlite3';
import type { FerrymanError } from '../../errors.ts';
import type { ArchiveName } from '../places.ts';
import { Archives } from './archives.ts';
import { Coverage } from './coverage.ts';
import { guarded } from './open.ts';
import { Shards } from './shards.ts';

/** A second content of a name, and when it first came. */
export interface ForkRow {
  readonly of: number;
  readonly sequence: number;
  readonly digest: Buffer;
  readonly kept: 0 | 1;
  readonly firstAt: string;
  readonly times: number;
}

/** A second content of a name, with that name. */
export interface FoundFork extends Pick<ForkRow, 'sequence' | 'digest' | 'firstAt'> {
  readonly origin: string;
  readonly incarnation: string;
}

/** Files that were refused for one reason. */
export interface RefusedRow {
  readonly code: string;
  readonly times: number;
  readonly lastAt: string;
  readonly reason: string;
}

export class ProxyIndex {
  readonly database: Database.Database;
  readonly archives: Archives;
  readonly coverage: Coverage;
  readonly shards: Shards;

  constructor(database: Database.Database) {
    this.database = database;
    this.archives = new Archives(database);
    this.coverage = new Coverage(database);
    this.shards = new Shards(database);
  }

  /** All or nothing, durable when it returns. @throws FerrymanError `proxy.disk-full`, `proxy.index` */
  transaction<Result>(work: () => Result): Result {
    return guarded(() => this.database.transaction(work).immediate());
  }

  /** Forgets archives whose files are gone: they are not held, and what comes after them has another chain. */
  forget(of: number, sequences: readonly number[]): void {
    this.transaction(() => {
      const remove = this.database.prepare('DELETE FROM archives WHERE of = ? AND sequence = ?');
      for (const sequence of sequences) remove.run(of, sequence);
      this.coverage.countAnew(of);
      this.database
        .prepare(
          'UPDATE shards SET changed = 1 WHERE shard = (SELECT shard FROM origins JOIN incarnations USING (origin) WHERE id = ?)',
        )
        .run(of);
    });
  }

  fork({ name, digest, kept, at }: { name: ArchiveName; digest: string; kept: boolean; at: string }): void {
    this.transaction(() => {
      this.database
        .prepare(
          `INSERT INTO forks (of, sequence, digest, class, kept, first_at, times) VALUES (?, ?, ?, ?, ?, ?, 1)
           ON CONFLICT DO UPDATE SET times = times + 1, kept = max(kept, excluded.kept)`,
        )
        .run(
          this.archives.heardOf(name, at),
          name.sequence,
          Buffer.from(digest, 'hex'),
          name.class,
          kept ? 1 : 0,
          at,
        );
    });
  }

  forks(of: number): ForkRow[] {
    return this.database
      .prepare<[number], ForkRow>(
        'SELECT of, sequence, digest, kept, first_at AS firstAt, times FROM forks WHERE of = ? ORDER BY sequence, digest',
      )
      .all(of);
  }

  /** Of all incarnations. */
  allForks(): FoundFork[] {
    return this.database
      .prepare<[], FoundFork>(
        `SELECT origin, incarnation, sequence, digest, first_at AS firstAt FROM forks
         JOIN incarnations ON id = of ORDER BY origin, incarnation, sequence, digest`,
      )
      .all();
  }

  /** Counts a file that was refused. */
  refused({ code, message }: FerrymanError, at: string): void {
    guarded(() =>
      this.database
        .prepare(
          `INSERT INTO refused (code, times, last_at, reason) VALUES (?, 1, ?, ?)
           ON CONFLICT DO UPDATE SET times = times + 1, last_at = excluded.last_at, reason = excluded.reason`,
        )
        .run(code, at, message),
    );
  }

  refusals(): RefusedRow[] {
    return this.database
      .prepare<[], RefusedRow>('SELECT code, times, last_at AS lastAt, reason FROM refused ORDER BY code')
      .all();
  }

  close(): void {
    this.database.close();
  }
}
