/** A row of `nodes` as one line of the list. */
import { sql, type Kysely, type Selectable } from 'kysely';
import { isRole } from '../../parcel/recipients.ts';
import type { NodeLine } from '../facts/node.ts';
import type { NodeState } from '../states.ts';
import type { NodeTable } from '../store/tables/nodes.ts';
import type { FleetSchema } from '../store/schema.ts';
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
  'undelivered',
  'undelivered_bytes',
  'version',
  'disk_free_bytes',
  'disk_total_bytes',
  'clock_offset_seconds',
] as const;

export interface NodeRow extends Pick<Selectable<NodeTable>, (typeof nodeColumns)[number]>, ArchiveSums {
  readonly now_state: NodeState;
}

/** Archives of a node that are not here. */
export interface ArchiveSums {
  readonly absent: number;
  readonly lost: number;
}

export const noSums: ArchiveSums = { absent: 0, lost: 0 };

/** More nodes than this are not named one by one: all are read. */
const maxNamed = 500;

/** By GUID. Beside the nodes, not as columns of theirs: those would be added up for every node before the page is cut. */
export async function archiveSums(
  db: Kysely<FleetSchema>,
  guids: readonly string[],
): Promise<ReadonlyMap<string, ArchiveSums>> {
  if (guids.length === 0) return new Map();
  // As floating point: a node that lies may have many incarnations of which each lacks 2^53 archives, and SQLite fails where whole numbers overflow.
  const open = sql<number>`sum(cast(case when closed = 0 then missing_count else 0 end as double precision))`;
  const lost = sql<number>`sum(cast(void_count as double precision))`;
  const rows = await db
    .selectFrom('incarnations')
    .select(['node', open.as('absent'), lost.as('lost')])
    .$if(guids.length <= maxNamed, (query) => query.where('node', 'in', guids))
    .groupBy('node')
    .execute();
  return new Map(rows.map(({ node, ...sums }) => [node, sums]));
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
    undelivered: row.undelivered,
    undeliveredBytes: row.undelivered_bytes,
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
