/**
 * What proves that the office signed an update: its signature blocks and its manifest, kept when it is admitted. So evidence of
 * an equivocation is whole although a parcel is gone, damaged, or signed by a key that was removed since.
 */
import type { EvidenceRow } from './rows.ts';
import type { Table } from './table.ts';

export type Proof = Pick<EvidenceRow, 'signatures' | 'manifest'>;

export class Proofs {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** In the transaction that records the update. */
  add(digest: string, { signatures, manifest }: Proof): void {
    this.#table.write(
      'INSERT INTO proofs (digest, signatures, manifest) VALUES (?, ?, ?)',
      digest,
      signatures,
      manifest,
    );
  }

  /** `undefined` for an update that was admitted before proofs were kept, or whose manifest could not be read. */
  find(digest: string): Proof | undefined {
    return this.#table.row('SELECT signatures, manifest FROM proofs WHERE digest = ?', digest) as unknown as
      | Proof
      | undefined;
  }
}
