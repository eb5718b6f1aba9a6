/**
 * The ledger: one SQLite file of facts per node. The files in the spool are the truth; the ledger says what happened.
 */
import type Database from 'better-sqlite3';
import { Calendar } from './calendar.ts';
import { Cover } from './cover.ts';
import { Neighbours } from './neighbours.ts';
import { LogArchives } from './log-archives.ts';
import { LogStreams } from './log-streams.ts';
import { Notices } from './notices.ts';
import { Outbox } from './outbox.ts';
import { PoolNotes } from './pool-notes.ts';
import { Proofs } from './proofs.ts';
import { Refusals } from './refusals.ts';
import { Runs } from './runs.ts';
import { SmsTexts } from './sms.ts';
import { Stories } from './stories.ts';
import { Search } from './search.ts';
import { Table } from './table.ts';
import { Updates } from './updates.ts';
import { UsbVisits } from './usb.ts';

/** Single values that the ledger remembers. */
type FactName =
  | 'time-floor'
  | 'trust'
  | 'reboot-wanted'
  | 'at-work'
  | 'version'
  | 'failed-version'
  /** Digest of a configuration that is not in order, while an earlier one is at work. */
  | 'config-refused'
  | 'ping-incarnation'
  | 'ping-counter'
  | 'log-incarnation'
  /** Digest of the roster after which archives under revoked serials were removed. */
  | 'pool-swept-for'
  | 'log-position'
  | 'log-packed'
  | 'sms-incarnation'
  | 'closed-since';

export class Ledger {
  readonly #table: Table;
  readonly updates: Updates;
  readonly proofs: Proofs;
  readonly runs: Runs;
  readonly refusals: Refusals;
  readonly outbox: Outbox;
  readonly stories: Stories;
  readonly calendar: Calendar;
  readonly search: Search;
  readonly usb: UsbVisits;
  readonly neighbours: Neighbours;
  readonly cover: Cover;
  readonly poolNotes: PoolNotes;
  readonly notices: Notices;
  readonly logArchives: LogArchives;
  readonly logStreams: LogStreams;
  readonly sms: SmsTexts;

  constructor(database: Database.Database) {
    this.#table = new Table(database);
    this.updates = new Updates(this.#table);
    this.proofs = new Proofs(this.#table);
    this.runs = new Runs(this.#table);
    this.refusals = new Refusals(this.#table);
    this.outbox = new Outbox(this.#table);
    this.stories = new Stories(this.#table);
    this.calendar = new Calendar(this.#table);
    this.search = new Search(this.#table);
    this.usb = new UsbVisits(this.#table);
    this.neighbours = new Neighbours(this.#table);
    this.cover = new Cover(this.#table);
    this.poolNotes = new PoolNotes(this.#table);
    this.notices = new Notices(this.#table);
    this.logArchives = new LogArchives(this.#table);
    this.logStreams = new LogStreams(this.#table);
    this.sms = new SmsTexts(this.#table);
  }

  /** All or nothing, durable when it returns. */
  transaction<Result>(work: () => Result): Result {
    return this.#table.transaction(work);
  }

  fact(name: FactName): string | undefined {
    return this.#table.row('SELECT value FROM facts WHERE name = ?', name)?.['value'] as string | undefined;
  }

  setFact(name: FactName, value: string): void {
    this.#table.write(
      'INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      value,
    );
  }

  clearFact(name: FactName): void {
    this.#table.write('DELETE FROM facts WHERE name = ?', name);
  }

  /** Reads every page: false when some are spoiled, although the file opens. */
  isSound(): boolean {
    return this.#table.row('PRAGMA integrity_check(1)')?.['integrityCheck'] === 'ok';
  }

  close(): void {
    this.#table.close();
  }
}
