/**
 * What this node has said by SMS: a number for each message, and what each text has cost. A crash at any point leaves neither
 * a text without its number nor a cost that is counted twice. The last 2,000 numbers are kept; the counter itself never goes back.
 */
import type { OutboxRow } from './rows.ts';
import type { Table } from './table.ts';

/** More than what a day may cost. */
const keptTexts = 2000;

/** What an SMS tells: one message has one number, whoever it goes to and however often it is tried. */
export type SmsSubject = Pick<OutboxRow, 'id' | 'digest' | 'createdAt'>;

export interface SmsBudget {
  /** By the calendar of days on which the machine was on. */
  readonly day: number;
  readonly textsADay: number;
}

/** What became of a text. */
export interface SmsSpending {
  readonly counter: number;
  /** Paid for and not known to be handed over. */
  readonly owed: readonly string[];
  /** Beyond the budget. */
  readonly dropped: readonly string[];
}

export class SmsTexts {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /**
   * Numbers a message and pays for the text to each phone number, in their order, for as long as the budget lasts; what was paid for
   * or dropped before stays so. In a transaction.
   */
  spend(subject: SmsSubject, phones: readonly string[], { day, textsADay }: SmsBudget): SmsSpending {
    const counter = this.#number(subject);
    const today = Math.max(day, this.#newestDay());
    let left = textsADay - this.#spentOn(today);
    for (const phone of phones) {
      const isNew = this.#table.write(
        `INSERT INTO sms_costs (counter, phone, day, state) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        counter,
        phone,
        today,
        left > 0 ? 'owed' : 'dropped',
      );
      left -= isNew;
    }
    const rows = this.#table.rows('SELECT phone, state FROM sms_costs WHERE counter = ?', counter);
    const phonesIn = (state: string): string[] =>
      phones.filter((phone) => rows.some((row) => row['phone'] === phone && row['state'] === state));
    return { counter, owed: phonesIn('owed'), dropped: phonesIn('dropped') };
  }

  setHanded(counter: number, phone: string): void {
    this.#table.write(
      `UPDATE sms_costs SET state = 'handed' WHERE counter = ? AND phone = ? AND state = 'owed'`,
      counter,
      phone,
    );
  }

  /** Texts that were paid for on the newest day of which anything is known. */
  spentToday(day: number): number {
    return this.#spentOn(Math.max(day, this.#newestDay()));
  }

  #number({ id, digest, createdAt }: SmsSubject): number {
    this.#table.write(
      'INSERT INTO sms_texts (message, digest, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      id,
      digest,
      createdAt,
    );
    const row = this.#table.row(
      'SELECT counter FROM sms_texts WHERE message = ? AND digest = ? AND created_at = ?',
      id,
      digest,
      createdAt,
    );
    const counter = row?.['counter'] as number;
    this.#table.write('DELETE FROM sms_costs WHERE counter <= ?', counter - keptTexts);
    this.#table.write('DELETE FROM sms_texts WHERE counter <= ?', counter - keptTexts);
    return counter;
  }

  #newestDay(): number {
    return (this.#table.row('SELECT max(day) AS day FROM sms_costs')?.['day'] as number | null) ?? 0;
  }

  #spentOn(day: number): number {
    const row = this.#table.row(
      `SELECT count(*) AS spent FROM sms_costs WHERE day = ? AND state <> 'dropped'`,
      day,
    );
    return row?.['spent'] as number;
  }
}
