/** What can be acknowledged of each incarnation: held, declared lost, and the chain over what is held. Spec: docs/format.md §15. */
import type Database from 'better-sqlite3';
import { extendChain, emptyChain } from '../../parcel/chain.ts';
import type { SequenceRange } from '../../parcel/sequences.ts';
import { RangeSet } from './range-set.ts';

/** Links that are held in memory at a time. */
const linksPerTurn = 1000;

interface Link {
  readonly sequence: number;
  readonly digest: Buffer;
}

export class Coverage {
  readonly #database: Database.Database;
  readonly #chainAtMost: Database.Statement<[number, number]>;
  readonly held: RangeSet;
  readonly voids: RangeSet;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#chainAtMost = database.prepare('UPDATE incarnations SET chained = min(chained, ?) WHERE id = ?');
    this.held = new RangeSet(database, 'held');
    this.voids = new RangeSet(database, 'voids');
  }

  /** An archive that is durable and unpacked. Links from it on are to be made anew; those before it stay. */
  hold(of: number, sequence: number): void {
    this.held.add(of, { first: sequence, last: sequence });
    this.#chainAtMost.run(sequence - 1, of);
  }

  /** From the archives themselves. */
  countAnew(of: number): void {
    this.held.clear(of);
    const held = this.#database
      .prepare<[number], number>(
        `SELECT sequence FROM archives WHERE of = ? AND state <> 'waiting' ORDER BY sequence`,
      )
      .pluck()
      .all(of);
    for (const sequence of held) this.held.add(of, { first: sequence, last: sequence });
    this.#database.prepare('UPDATE incarnations SET chained = 0 WHERE id = ?').run(of);
  }

  declareLost(of: number, voids: readonly SequenceRange[]): void {
    for (const range of voids) this.voids.add(of, range);
  }

  /**
   * The chain over what is held up to a sequence. Each link is kept with its archive, so that only what has come since, and what
   * stands behind a late arrival, is hashed. Writes: call it in a transaction.
   *
   * @returns 64 hex digits
   */
  chain(of: number, upTo: number): string {
    let { chained, link } = this.#begin(of);
    for (;;) {
      const links = this.#links(of, chained, upTo);
      for (const { sequence, digest } of links) {
        link = extendChain(link, digest.toString('hex'));
        this.#database
          .prepare('UPDATE archives SET chain = ? WHERE of = ? AND sequence = ?')
          .run(Buffer.from(link, 'hex'), of, sequence);
        chained = sequence;
      }
      if (links.length < linksPerTurn) break;
    }
    this.#database.prepare('UPDATE incarnations SET chained = max(chained, ?) WHERE id = ?').run(chained, of);
    return this.#linkAt(of, upTo) ?? emptyChain;
  }

  #begin(of: number): { chained: number; link: string } {
    const row = this.#database
      .prepare<[number], { chained: number }>('SELECT chained FROM incarnations WHERE id = ?')
      .get(of);
    const chained = row?.chained ?? 0;
    return { chained, link: this.#linkAt(of, chained) ?? emptyChain };
  }

  /** The last link at a sequence or before it. */
  #linkAt(of: number, sequence: number): string | undefined {
    return this.#database
      .prepare<[number, number], { chain: Buffer }>(
        `SELECT chain FROM archives WHERE of = ? AND sequence <= ? AND state <> 'waiting' ORDER BY sequence DESC LIMIT 1`,
      )
      .get(of, sequence)
      ?.chain.toString('hex');
  }

  #links(of: number, after: number, upTo: number): Link[] {
    return this.#database
      .prepare<[number, number, number, number], Link>(
        `SELECT sequence, digest FROM archives
         WHERE of = ? AND sequence > ? AND sequence <= ? AND state <> 'waiting' ORDER BY sequence LIMIT ?`,
      )
      .all(of, after, upTo, linksPerTurn);
  }
}
