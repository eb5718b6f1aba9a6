/** A row of `nodes` as one line of the list. */
import { sql, type Selectable } from 'kysely';
import { isRole } from '../../parcel/recipients.ts';
import type { NodeLine } from '../facts.ts';
import type { NodeState } from '../states.ts';
import type { NodeTable } from '../store/schema.ts';
import { dueAt, lateRule, silentRule } from './lateness.ts';

export const nodeColumns = [
  'guid',
  'role',
  'name',
  'place',
  'groups',
  'paused_until',
  'last_heard_at',
  'last_heard_road',
  'rhythm_seconds',
  'newest_sequence',
  'open_count',
  'failed_count',
  'version',
  'disk_free_bytes',
  'disk_total_bytes',
  'clock_offset_seconds',
  sql<number>`(select coalesce(sum(i.missing_count), 0) from incarnations i where i.node = nodes.guid and i.closed = 0)`.as(
    'absent',
  ),
  sql<number>`(select coalesce(sum(i.void_count), 0) from incarnations i where i.node = nodes.guid)`.as(
    'lost',
  ),
] as const;

type Column = Extract<(typeof nodeColumns)[number], string>;

export interface NodeRow extends Pick<Selectable<NodeTable>, Column> {
  readonly absent: number;
  readonly lost: number;
  readonly now_state: NodeState;
}

export function readNodeLine(row: NodeRow): NodeLine {
  const heard = { heardAt: row.last_heard_at, rhythmSeconds: row.rhythm_seconds };
  return {
    guid: row.guid,
    name: row.name,
    role: row.role !== null && isRole(row.role) ? row.role : null,
    place: row.place,
    groups: readTexts(row.groups),
    state: row.now_state,
    ...heard,
    heardRoad: row.last_heard_road,
    lateAt: dueAt(heard, lateRule),
    silentAt: dueAt(heard, silentRule),
    pausedUntil: row.paused_until,
    newestSequence: row.newest_sequence,
    behind: row.open_count,
    failures: row.failed_count,
    absent: row.absent,
    lost: row.lost,
    version: row.version,
    diskFreeBytes: row.disk_free_bytes,
    diskTotalBytes: row.disk_total_bytes,
    clockOffsetSeconds: row.clock_offset_seconds,
    result: null,
  };
}

/** A column that holds a JSON list of texts. */
export function readTexts(json: string): string[] {
  return (JSON.parse(json) as unknown[]).map(String);
}
