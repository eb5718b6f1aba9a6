/**
 * What proves that the office signed an update: its signature blocks, kept when it is admitted. So evidence of an equivocation is whole
 * although a parcel is gone, damaged, or signed by a key that was removed since.
 */
import type { Table } from './table.ts';

export class Proofs {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** In the transaction that records the update. @param signatures as they stand in the parcel: over the digest */
  add(digest: string, signatures: string): void {
    this.#table.write('INSERT INTO proofs (digest, signatures) VALUES (?, ?)', digest, signatures);
  }

  /** `undefined` for an update whose manifest could not be read. */
  find(digest: string): string | undefined {
    return this.#table.row('SELECT signatures FROM proofs WHERE digest = ?', digest)?.['signatures'] as
      | string
      | undefined;
  }
}
