/**
 * Files that were refused before they proved to be the office's. Keyed by the hash of the whole file, so that a refusal
 * never stops another copy; the last 1,000 are kept, all are counted.
 */
import type { ChannelName } from '../channels/channel-name.ts';
import type { FerrymanError } from '../errors.ts';
import type { EvidenceRow, RefusalRow } from './rows.ts';
import type { Table } from './table.ts';

const kept = 1000;

export class Refusals {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  add(
    file: { readonly fileHash: string; readonly channel: ChannelName },
    error: FerrymanError,
    at: string,
  ): void {
    this.#table.transaction(() => {
      this.#table.write(
        `INSERT INTO refusals (file_hash, id, channel, code, reason, times, at)
         SELECT ?, coalesce(max(id), 0) + 1, ?, ?, ?, 1, ? FROM refusals WHERE true
         ON CONFLICT (file_hash) DO UPDATE SET
           id = excluded.id, channel = excluded.channel, code = excluded.code, reason = excluded.reason, times = times + 1, at = excluded.at`,
        file.fileHash,
        file.channel,
        error.code,
        error.message,
        at,
      );
      this.#table.write('DELETE FROM refusals WHERE id <= (SELECT max(id) FROM refusals) - ?', kept);
      this.#table.write(
        `INSERT INTO facts (name, value) VALUES ('refusals', '1') ON CONFLICT (name) DO UPDATE SET value = CAST(value + 1 AS TEXT)`,
      );
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
      'SELECT file_hash, channel, code, reason, times, at FROM refusals ORDER BY id DESC LIMIT ?',
      limit,
    ) as unknown as RefusalRow[];
  }

  /** All that were ever refused, forgotten ones too. */
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

  evidence(): EvidenceRow[] {
    return this.#table.rows('SELECT * FROM evidence ORDER BY sequence, at') as unknown as EvidenceRow[];
  }
}
