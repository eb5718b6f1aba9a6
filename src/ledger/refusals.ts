/**
 * Files that were refused before they proved to be the office's. Keyed by the hash of the whole file, so that a refusal
 * never stops another copy; the last 1,000 are kept, all are counted.
 */
import type { ChannelName } from '../channels/channel-name.ts';
import type { FerrymanError } from '../errors.ts';
import type { EvidenceRow, RefusalRow } from './rows.ts';
import type { Table } from './table.ts';

const kept = 1000;

/** A file that did not prove to be the office's. */
export interface RefusedFile {
  /** BLAKE2b-512 of the whole file, 128 hex digits. */
  readonly fileHash: string;
  readonly channel: ChannelName;
  /** Of the file in the channel's folder; '' when it was handed in. */
  readonly name: string;
}

export class Refusals {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** @returns true when this file is refused for the first time, as far as the ledger remembers */
  add({ fileHash, channel, name }: RefusedFile, error: FerrymanError, at: string): boolean {
    return this.#table.transaction(() => {
      const known = this.find(fileHash);
      this.#table.write(
        `INSERT INTO refusals (file_hash, id, channel, name, code, reason, times, at)
         SELECT ?, coalesce(max(id), 0) + 1, ?, ?, ?, ?, ?, ? FROM refusals WHERE true
         ON CONFLICT (file_hash) DO UPDATE SET
           channel = excluded.channel, name = excluded.name, code = excluded.code, reason = excluded.reason,
           times = excluded.times, at = excluded.at`,
        fileHash,
        channel,
        name,
        error.code,
        error.message,
        (known?.times ?? 0) + 1,
        at,
      );
      if (known) return false;
      this.#table.write('DELETE FROM refusals WHERE id <= (SELECT max(id) FROM refusals) - ?', kept);
      this.#table.write(
        `INSERT INTO facts (name, value) VALUES ('refusals', '1') ON CONFLICT (name) DO UPDATE SET value = CAST(value + 1 AS TEXT)`,
      );
      return true;
    });
  }

  find(fileHash: string): RefusalRow | undefined {
    return this.#table.row('SELECT * FROM refusals WHERE file_hash = ?', fileHash) as unknown as
      | RefusalRow
      | undefined;
  }

  /** All that are kept, at most 1,000. */
  all(): RefusalRow[] {
    return this.newestFirst(kept);
  }

  newestFirst(limit: number): RefusalRow[] {
    return this.#table.rows(
      'SELECT file_hash, channel, name, code, reason, times, at FROM refusals ORDER BY id DESC LIMIT ?',
      limit,
    ) as unknown as RefusalRow[];
  }

  /** Files that were ever refused, forgotten ones too. */
  count(): number {
    return Number(this.#table.row(`SELECT value FROM facts WHERE name = 'refusals'`)?.['value'] ?? 0);
  }

  /** Keeps one side of an equivocation: the signatures, and the manifest that they cover. */
  addEvidence(evidence: EvidenceRow): void {
    this.#table.write(
      'INSERT INTO evidence (digest, sequence, signatures, manifest, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING',
      evidence.digest,
      evidence.sequence,
      evidence.signatures,
      evidence.manifest,
      evidence.at,
    );
  }

  isEvidence(digest: string): boolean {
    return this.#table.row('SELECT 1 FROM evidence WHERE digest = ?', digest) !== undefined;
  }

  evidence(): EvidenceRow[] {
    return this.#table.rows('SELECT * FROM evidence ORDER BY sequence, at') as unknown as EvidenceRow[];
  }
}
