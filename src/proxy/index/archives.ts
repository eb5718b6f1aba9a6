/** The archives that the store holds, in the index. */
import type Database from 'better-sqlite3';
import type { ArchiveName } from '../places.ts';

/** `waiting`: durable, and not unpacked yet: not to be acknowledged. `unreadable`: kept, although it does not unpack. */
export type ArchiveState = 'waiting' | 'readable' | 'unreadable';

export interface ArchiveRow {
  readonly of: number;
  readonly sequence: number;
  readonly class: ArchiveName['class'];
  /** 64 bytes. */
  readonly digest: Buffer;
  readonly bytes: number;
  /** By the clock of its origin. */
  readonly created: string;
  readonly receivedAt: string;
  /** By what road, in one word. */
  readonly how: string;
  readonly state: ArchiveState;
  /** Why it is unreadable. */
  readonly reason: string;
}

export interface WaitingArchive extends ArchiveName {
  readonly of: number;
  /** 64 bytes. */
  readonly digest: Buffer;
  readonly bytes: number;
  /** RFC 3339, by the proxy's clock. */
  readonly receivedAt: string;
  /** By what road, in one word. */
  readonly how: string;
}

export interface IncarnationRow {
  readonly id: number;
  readonly origin: string;
  readonly incarnation: string;
  readonly lastAt: string;
}

const columns = `of, sequence, class, digest, bytes, created, received_at AS receivedAt, how, state, reason`;

export class Archives {
  readonly #database: Database.Database;
  readonly #find: Database.Statement<[number, number], ArchiveRow>;
  readonly #add: Database.Statement<[Omit<ArchiveRow, 'reason'>]>;
  readonly #incarnationsOf: Database.Statement<[string], IncarnationRow>;
  readonly #incarnation: Database.Statement<[string, string], { id: number }>;
  readonly #newIncarnation: Database.Statement<[string, string, string]>;
  readonly #heard: Database.Statement<[string, number]>;
  readonly #setState: Database.Statement<[string, string, number, number]>;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#find = database.prepare(`SELECT ${columns} FROM archives WHERE of = ? AND sequence = ?`);
    this.#add = database.prepare(
      `INSERT INTO archives (of, sequence, class, digest, bytes, created, received_at, how, state)
       VALUES ($of, $sequence, $class, $digest, $bytes, $created, $receivedAt, $how, $state)`,
    );
    this.#incarnationsOf = database.prepare(
      'SELECT id, origin, incarnation, last_at AS lastAt FROM incarnations WHERE origin = ? ORDER BY incarnation',
    );
    this.#incarnation = database.prepare('SELECT id FROM incarnations WHERE origin = ? AND incarnation = ?');
    this.#newIncarnation = database.prepare(
      'INSERT INTO incarnations (origin, incarnation, last_at) VALUES (?, ?, ?)',
    );
    this.#heard = database.prepare('UPDATE incarnations SET last_at = max(last_at, ?) WHERE id = ?');
    this.#setState = database.prepare(
      'UPDATE archives SET state = ?, reason = ? WHERE of = ? AND sequence = ?',
    );
  }

  incarnation({ origin, incarnation }: Pick<ArchiveName, 'origin' | 'incarnation'>): number | undefined {
    return this.#incarnation.get(origin, incarnation)?.id;
  }

  /** The incarnation's number in the index, made when it is new. */
  heardOf({ origin, incarnation }: Pick<ArchiveName, 'origin' | 'incarnation'>, at: string): number {
    const known = this.#incarnation.get(origin, incarnation)?.id;
    if (known === undefined) return Number(this.#newIncarnation.run(origin, incarnation, at).lastInsertRowid);
    this.#heard.run(at, known);
    return known;
  }

  find(of: number | undefined, sequence: number): ArchiveRow | undefined {
    return of === undefined ? undefined : this.#find.get(of, sequence);
  }

  add(row: Omit<ArchiveRow, 'reason'>): void {
    this.#add.run(row);
  }

  setState({ of, sequence }: Pick<ArchiveRow, 'of' | 'sequence'>, state: ArchiveState, reason = ''): void {
    this.#setState.run(state, reason, of, sequence);
  }

  /** The first that wait, in order. */
  waiting(limit: number): WaitingArchive[] {
    return this.#database
      .prepare<[number], WaitingArchive>(
        `SELECT of, origin, incarnation, sequence, class, digest, bytes, received_at AS receivedAt, how
         FROM archives JOIN incarnations ON id = of
         WHERE state = 'waiting' ORDER BY of, sequence LIMIT ?`,
      )
      .all(limit);
  }

  /** Every archive of an incarnation, by sequence; nothing else may be asked of this connection meanwhile. */
  all(of: number): IterableIterator<ArchiveRow> {
    return this.#database
      .prepare<[number], ArchiveRow>(`SELECT ${columns} FROM archives WHERE of = ? ORDER BY sequence`)
      .iterate(of);
  }

  incarnations(): IncarnationRow[] {
    return this.#database
      .prepare<[], IncarnationRow>(
        'SELECT id, origin, incarnation, last_at AS lastAt FROM incarnations ORDER BY origin, incarnation',
      )
      .all();
  }

  incarnationsOf(origin: string): IncarnationRow[] {
    return this.#incarnationsOf.all(origin);
  }

  /** The numbers of all archives of an incarnation, in order. */
  sequences(of: number): Set<number> {
    const rows = this.#database
      .prepare<[number], number>('SELECT sequence FROM archives WHERE of = ? ORDER BY sequence')
      .pluck()
      .iterate(of);
    return new Set(rows);
  }

  /** From the highest number down; nothing else may be asked of this connection while it is walked through. */
  *newestFirst(of: number): Generator<{ sequence: number; receivedAt: string }, undefined> {
    yield* this.#database
      .prepare<[number], { sequence: number; receivedAt: string }>(
        'SELECT sequence, received_at AS receivedAt FROM archives WHERE of = ? ORDER BY sequence DESC',
      )
      .iterate(of);
  }

  /** Those that are kept although they do not unpack. */
  unreadable(of: number, limit: number): { sequence: number; reason: string }[] {
    return this.#database
      .prepare<[number, number], { sequence: number; reason: string }>(
        `SELECT sequence, reason FROM archives WHERE of = ? AND state = 'unreadable' ORDER BY sequence LIMIT ?`,
      )
      .all(of, limit);
  }
}
