/** The fleet on one screen. */
import { sql, type Kysely } from 'kysely';
import type { Freshness, Overview } from '../facts/overview.ts';
import { nodeStates, type NodeState } from '../states.ts';
import type { FleetSchema } from '../store/schema.ts';
import { needsOf } from './needs.ts';
import { stateSql } from './node-state.ts';
import { newestUpdate } from './updates.ts';

type Db = Kysely<FleetSchema>;

const maxNeeds = 50;
const staleMs = 2 * 86_400_000;

export async function overviewOf(db: Db, nowMs: number): Promise<Overview> {
  // at once: PostgreSQL answers over several connections
  const [states, needs, newest, freshness] = await Promise.all([
    countStates(db, nowMs),
    needsOf(db, nowMs),
    newestUpdate(db),
    freshnessOf(db, nowMs),
  ]);
  return {
    at: nowMs,
    total: Object.values(states).reduce((sum, count) => sum + count, 0),
    states,
    needs: needs.slice(0, maxNeeds),
    needsTotal: needs.length,
    newest,
    freshness,
  };
}

async function countStates(db: Db, nowMs: number): Promise<Record<NodeState, number>> {
  const rows = await db
    .selectFrom('nodes')
    .select((eb) => [stateSql(nowMs).as('now_state'), eb.fn.countAll<number>().as('count')])
    .groupBy('now_state')
    .execute();
  const counts = Object.fromEntries(nodeStates.map((state) => [state, 0])) as Record<NodeState, number>;
  for (const { now_state: state, count } of rows) counts[state] = count;
  return counts;
}

export async function freshnessOf(db: Db, nowMs: number): Promise<Freshness> {
  const { heardAt } = await db
    .selectFrom('nodes')
    .select((eb) => eb.fn.max('last_heard_at').as('heardAt'))
    .executeTakeFirstOrThrow();
  const { archives } = await db
    .selectFrom('incarnations')
    // As floating point: SQLite fails where whole numbers overflow, and nodes name their own.
    .select([
      sql<number>`coalesce(sum(cast(highest - (missing_count + void_count) as double precision)), 0)`.as(
        'archives',
      ),
    ])
    .executeTakeFirstOrThrow();
  const { notEntered } = await db
    .selectFrom('not_entered')
    .select((eb) => eb.fn.countAll<number>().as('notEntered'))
    .executeTakeFirstOrThrow();
  return { heardAt, archives, notEntered, isStale: heardAt !== null && nowMs - heardAt > staleMs };
}
