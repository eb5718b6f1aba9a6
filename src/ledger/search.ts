/** Looks through what happened, for a person: updates and refusals by what they have in common. Reads only. */
import type { ChannelName } from '../channels/channel-name.ts';
import type { SequenceRange } from '../parcel/sequences.ts';
import type { UpdateState } from '../plan/facts.ts';
import type { RefusalRow, UpdateRow } from './rows.ts';
import type { Table } from './table.ts';
import { readUpdate } from './updates.ts';

/** What all rows must have in common; empty lists, and what is left out, ask for nothing. */
export interface Filter {
  readonly states: readonly UpdateState[];
  readonly channels: readonly ChannelName[];
  readonly sequences: readonly SequenceRange[];
  /** Part of the title; upper and lower case of a to z are the same. */
  readonly title?: string | undefined;
  /** Received at this time or later, by the node's clock, RFC 3339. */
  readonly since?: string | undefined;
  /** Received before this time. */
  readonly until?: string | undefined;
}

type Condition = readonly [sql: string, ...values: (string | number)[]];

export class Search {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Updates, the newest arrival first. */
  updates(filter: Filter, limit: number): UpdateRow[] {
    const conditions = [
      oneOf('state', filter.states),
      oneOf('channel', filter.channels),
      inRanges(filter.sequences),
      ...(filter.title === undefined
        ? []
        : [['instr(lower(title), lower(?)) > 0', filter.title] satisfies Condition]),
      ...between('received_at', filter),
    ];
    return this.#select('SELECT * FROM updates', conditions, limit).map(readUpdate);
  }

  /** Refusals, the newest first: they have a channel and a time, and nothing else to ask for. */
  refusals(filter: Pick<Filter, 'channels' | 'since' | 'until'>, limit: number): RefusalRow[] {
    const conditions = [oneOf('channel', filter.channels), ...between('at', filter)];
    return this.#select(
      'SELECT file_hash, channel, name, code, reason, times, at FROM refusals',
      conditions,
      limit,
    ) as unknown as RefusalRow[];
  }

  /** Updates that did not succeed, and that no update which did supersedes; the newest arrival first. */
  unresolved(): UpdateRow[] {
    return this.#table
      .rows(
        `SELECT * FROM updates u WHERE state IN ('failed', 'timed-out', 'interrupted') AND NOT EXISTS (
           SELECT 1 FROM supersedes s CROSS JOIN updates v ON v.digest = s.digest -- in this order: few supersede, many succeed
           WHERE s.last >= u.sequence AND s.first <= u.sequence AND v.state = 'succeeded')
         ORDER BY id DESC`,
      )
      .map(readUpdate);
  }

  /** Updates that came to an end here, the newest end first. Goes by the order of what was written, not by the clock. */
  outcomes(limit: number): UpdateRow[] {
    return this.#table
      .rows(
        `SELECT u.* FROM (
         SELECT id, digest, state FROM transitions
         WHERE state IN ('succeeded', 'failed', 'timed-out', 'interrupted', 'refused') AND reason NOT LIKE 'came again by %'
         ORDER BY id DESC LIMIT ?) t
       CROSS JOIN updates u ON u.digest = t.digest AND u.state = t.state -- in this order: few ends, many updates
       GROUP BY u.digest ORDER BY max(t.id) DESC LIMIT ?`,
        limit * 10, // an update that was run again and again has many ends
        limit,
      )
      .map(readUpdate);
  }

  #select(sql: string, conditions: readonly Condition[], limit: number): ReturnType<Table['rows']> {
    const where = conditions.map(([condition]) => condition).join(' AND ');
    const values = conditions.flatMap(([, ...each]) => each);
    return this.#table.rows(`${sql} WHERE ${where} ORDER BY id DESC LIMIT ?`, ...values, limit);
  }
}

function oneOf(column: string, values: readonly string[]): Condition {
  return values.length === 0 ? ['true'] : [`${column} IN (${values.map(() => '?').join(', ')})`, ...values];
}

function inRanges(ranges: readonly SequenceRange[]): Condition {
  if (ranges.length === 0) return ['true'];
  const each = ranges.map(() => 'sequence BETWEEN ? AND ?').join(' OR ');
  return [`(${each})`, ...ranges.flatMap(({ first, last }) => [first, last])];
}

function between(column: string, { since, until }: Pick<Filter, 'since' | 'until'>): Condition[] {
  return [
    ...(since === undefined ? [] : [[`${column} >= ?`, since] satisfies Condition]),
    ...(until === undefined ? [] : [[`${column} < ?`, until] satisfies Condition]),
  ];
}
