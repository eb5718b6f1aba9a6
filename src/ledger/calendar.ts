/**
 * A calendar that no clock can spoil: it counts the days on which the machine was switched on, by the clock that starts at boot, and
 * remembers which change was the newest when each day began. Retention and the budget of SMS ask it.
 */
import type { Table } from './table.ts';

const daySeconds = 24 * 3600;

/** How far the calendar is. */
interface Reading {
  /** Switched on, in all. */
  readonly seconds: number;
  readonly bootId: string;
  /** Of that boot, when this was written. */
  readonly uptimeSeconds: number;
}

export class Calendar {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Counts the time since the last call, and begins new days. Time before the first call after a boot counts too. */
  advance(bootId: string, uptimeSeconds: number): void {
    const seconds = secondsAt(this.#read(), bootId, uptimeSeconds);
    this.#write({ seconds, bootId, uptimeSeconds });
    this.#table.write(
      'INSERT INTO days (day, newest_transition) SELECT ?, coalesce(max(id), 0) FROM transitions WHERE true ON CONFLICT DO NOTHING',
      Math.floor(seconds / daySeconds),
    );
  }

  /** The day that it is, from 0; nothing is written. */
  today(bootId: string, uptimeSeconds: number): number {
    return Math.floor(secondsAt(this.#read(), bootId, uptimeSeconds) / daySeconds);
  }

  /** How long the machine has been switched on in all, as far as it was counted. */
  get seconds(): number {
    return this.#read()?.seconds ?? 0;
  }

  /** The newest change (id of its transition) that is at least so many days old; 0: there is none. */
  newestOlderThan(days: number): number {
    const today = Math.floor((this.#read()?.seconds ?? 0) / daySeconds);
    const row = this.#table.row(
      'SELECT newest_transition FROM days WHERE day <= ? ORDER BY day DESC LIMIT 1',
      today - days,
    );
    return (row?.['newestTransition'] as number | undefined) ?? 0;
  }

  #read(): Reading | undefined {
    const row = this.#table.row(`SELECT value FROM facts WHERE name = 'switched-on'`);
    return row && (JSON.parse(row['value'] as string) as Reading);
  }

  #write(reading: Reading): void {
    this.#table.write(
      `INSERT INTO facts (name, value) VALUES ('switched-on', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      JSON.stringify(reading),
    );
  }
}

/** Switched on, in all, at this uptime of this boot. */
function secondsAt(before: Reading | undefined, bootId: string, uptimeSeconds: number): number {
  const since = before?.bootId === bootId ? before.uptimeSeconds : 0;
  return (before?.seconds ?? 0) + Math.max(0, uptimeSeconds - since);
}
