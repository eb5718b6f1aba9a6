/** Short logs, the newest first. */
import type { Kysely } from 'kysely';
import type { ShortLogLine } from '../facts/node.ts';
import { isResultState } from '../states.ts';
import type { FleetSchema } from '../store/schema.ts';

/** @param of an update or a node */
export async function shortLogs(
  db: Kysely<FleetSchema>,
  of: { readonly sequence: number } | { readonly node: string },
  limit: number,
): Promise<ShortLogLine[]> {
  const rows = await db
    .selectFrom('short_logs')
    .leftJoin('nodes', 'nodes.guid', 'short_logs.node')
    .select(['short_logs.node', 'nodes.name', 'sequence', 'short_logs.state', 'text', 'road', 'received_at'])
    .where((eb) =>
      'node' in of ? eb('short_logs.node', '=', of.node) : eb('short_logs.sequence', '=', of.sequence),
    )
    .orderBy('received_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    node: { guid: row.node, name: row.name ?? '' },
    sequence: row.sequence,
    state: isResultState(row.state) ? row.state : null,
    text: row.text,
    road: row.road,
    receivedAt: row.received_at,
  }));
}
