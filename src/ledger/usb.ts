/**
 * Visits of USB keys: what was found on each, what was taken, and how often each pass was used. The last 1,000
 * visits are kept, and so many files; uses are kept for ever, since forgetting one would give it back.
 */
import type { FerrymanError } from '../errors.ts';
import type { VisitFileRow, VisitRow, VisitState } from './rows.ts';
import type { Table } from './table.ts';

/** Visits that are kept. */
const keptVisits = 1000;
/** Files of all visits that are kept: a hostile key can bring a thousand at a time. */
const keptFiles = 20_000;

/** Visits, and files of them, that a key is told of. */
const toldVisits = 20;
const toldFiles = 2000;

/** What is known of a key as soon as it is noticed. */
export interface NewVisit extends Pick<VisitRow, 'insertion' | 'device'> {
  readonly serial: string | undefined;
  readonly at: string;
}

/** What is learned of a key while it is read; what is left out stays as it was. */
export type VisitNews = Partial<
  Pick<VisitRow, 'volume' | 'label' | 'fileSystem' | 'technician' | 'passDigest' | 'passUses'>
>;

/** A file on a key. @see VisitFileRow */
export type NewVisitFile = Pick<VisitFileRow, 'name' | 'fileHash' | 'digest'> & {
  /** Why it was not taken; `undefined` when it was. */
  readonly error?: Pick<FerrymanError, 'code' | 'message'> | undefined;
};

export class UsbVisits {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Records that a key was put in, and forgets the oldest visits. @returns the visit's number */
  begin({ insertion, device, serial, at }: NewVisit): number {
    return this.#table.transaction(() => {
      this.#table.write(
        `INSERT INTO usb_visits (insertion, device, serial, state, reason, started_at) VALUES (?, ?, ?, 'reading', '', ?)`,
        insertion,
        device,
        serial ?? null,
        at,
      );
      this.#table.write(
        'DELETE FROM usb_visits WHERE id <= (SELECT max(id) FROM usb_visits) - ?',
        keptVisits,
      );
      return this.#table.row('SELECT max(id) AS id FROM usb_visits')?.['id'] as number;
    });
  }

  learn(visit: number, news: VisitNews): void {
    const { volume, label, fileSystem, technician, passDigest, passUses } = news;
    this.#table.write(
      `UPDATE usb_visits SET volume = coalesce(?, volume), label = coalesce(?, label), file_system = coalesce(?, file_system),
         technician = coalesce(?, technician), pass_digest = coalesce(?, pass_digest),
         pass_uses = coalesce(?, pass_uses) WHERE id = ?`,
      volume ?? null,
      label ?? null,
      fileSystem ?? null,
      technician ?? null,
      passDigest ?? null,
      passUses ?? null,
      visit,
    );
  }

  /** How it stands while the key is still in. @param error what went wrong, or stands against it */
  setState(visit: number, state: VisitState, error?: Pick<FerrymanError, 'code' | 'message'>): void {
    this.#table.write(
      'UPDATE usb_visits SET state = ?, code = ?, reason = ? WHERE id = ?',
      state,
      error?.code ?? null,
      error?.message ?? '',
      visit,
    );
  }

  /** Nothing more comes of it: all is done, or the key is out. Ends it once. */
  end(visit: number, at: string): void {
    this.#table.write('UPDATE usb_visits SET ended_at = ? WHERE id = ? AND ended_at IS NULL', at, visit);
  }

  /** Ends the visits that a power cut left open. For the holder of the lock, before it begins a visit. @returns how many */
  endInterrupted(error: Pick<FerrymanError, 'code' | 'message'>, at: string): number {
    return this.#table.write(
      "UPDATE usb_visits SET state = 'failed', code = ?, reason = ?, ended_at = ? WHERE ended_at IS NULL",
      error.code,
      error.message,
      at,
    );
  }

  /** Records files on the key; the same name again in one visit takes the place of what was recorded. */
  addFiles(visit: number, files: readonly NewVisitFile[]): void {
    if (files.length === 0) return;
    this.#table.transaction(() => {
      for (const { name, fileHash, digest, error } of files) {
        this.#table.write('DELETE FROM usb_files WHERE visit = ? AND name = ?', visit, name);
        this.#table.write(
          `INSERT INTO usb_files (id, visit, name, file_hash, digest, code, reason)
           SELECT coalesce(max(id), 0) + 1, ?, ?, ?, ?, ?, ? FROM usb_files`,
          visit,
          name,
          fileHash,
          digest,
          error?.code ?? null,
          error?.message ?? '',
        );
      }
      this.#table.write('DELETE FROM usb_files WHERE id <= (SELECT max(id) FROM usb_files) - ?', keptFiles);
    });
  }

  addFile(visit: number, file: NewVisitFile): void {
    this.addFiles(visit, [file]);
  }

  /** In the order in which they were found. */
  files(visit: number): VisitFileRow[] {
    return this.#table.rows(
      'SELECT visit, name, file_hash, digest, code, reason FROM usb_files WHERE visit = ? ORDER BY id',
      visit,
    ) as unknown as VisitFileRow[];
  }

  /**
   * The files of the last visits of one key, the newest visit first, those of one content once.
   *
   * @param volume UUID of the key's file system
   */
  recentFiles(volume: string): VisitFileRow[] {
    const rows = this.#table.rows(
      `SELECT f.visit, f.name, f.file_hash, f.digest, f.code, f.reason FROM usb_files AS f
       WHERE f.visit IN (SELECT id FROM usb_visits WHERE volume = ? ORDER BY id DESC LIMIT ?)
       ORDER BY f.visit DESC, f.id LIMIT ?`,
      volume,
      toldVisits,
      toldFiles,
    ) as unknown as VisitFileRow[];
    return [
      ...new Map(rows.toReversed().map((row) => [row.digest ?? row.fileHash ?? row.name, row])).values(),
    ].toReversed();
  }

  /**
   * Counts a visit against a pass, once however often it is called; durable when it returns, outside of a transaction. Call it before the first parcel that this
   * node did not have is renamed into the inbox: a power cut in between costs a use, and never gives one.
   */
  countUse(passDigest: string, visit: number, at: string): void {
    this.#table.write(
      'INSERT INTO usb_uses (pass_digest, visit, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      passDigest,
      visit,
      at,
    );
  }

  /** How often a pass was used here. */
  usesOf(passDigest: string): number {
    return this.#table.row('SELECT count(*) AS uses FROM usb_uses WHERE pass_digest = ?', passDigest)?.[
      'uses'
    ] as number;
  }

  find(visit: number): VisitRow | undefined {
    return this.#visits('WHERE id = ?', visit)[0];
  }

  /** The newest first. */
  lastVisits(limit: number): VisitRow[] {
    return this.#visits('ORDER BY id DESC LIMIT ?', limit);
  }

  #visits(clause: string, ...values: (string | number)[]): VisitRow[] {
    return this.#table.rows(
      `SELECT *, max(0, pass_uses - (SELECT count(*) FROM usb_uses
         WHERE usb_uses.pass_digest = usb_visits.pass_digest AND visit <= usb_visits.id)) AS uses_left
       FROM usb_visits ${clause}`,
      ...values,
    ) as unknown as VisitRow[];
  }
}
