/** Nodes that are known, and should have been heard. */
import { sql, type Kysely } from 'kysely';
import type { Need } from '../facts/overview.ts';
import { counted } from '../../command-line/counted.ts';
import { everyNode } from '../node-query.ts';
import type { FleetSchema } from '../store/schema.ts';
import { stateSql } from './node-state.ts';

/** A machine is enrolled in the office, and takes its time to its place. */
const patienceMs = 30 * 86_400_000;
const maxNames = 5;

/** Rows of `nodes`: enrolled, or known by a list or by an update, for longer than a month. */
export function neverHeard(db: Kysely<FleetSchema>, nowMs: number) {
  const now = Math.floor(nowMs);
  return db
    .selectFrom('nodes')
    .where('last_heard_at', 'is', null)
    .where((eb) => eb.or([eb('paused_until', 'is', null), eb('paused_until', '<=', now)]))
    .where(sql<number>`coalesce(enrolled_at, first_known_at)`, '<', now - patienceMs)
    .where('first_known_at', '<', now - patienceMs)
    .where((eb) => eb.or([eb('role', 'is', null), eb('role', '<>', 'office')]));
}

export async function neverHeardNeeds(db: Kysely<FleetSchema>, nowMs: number): Promise<Need[]> {
  const { count, since } = await neverHeard(db, nowMs)
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.min('first_known_at').as('since')])
    .executeTakeFirstOrThrow();
  if (count === 0) return [];
  const { total } = await db
    .selectFrom('nodes')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .where(stateSql(nowMs), '=', 'new')
    .executeTakeFirstOrThrow();
  const nodes = await neverHeard(db, nowMs)
    .select(['guid', 'name'])
    .orderBy('first_known_at')
    .orderBy('guid')
    .limit(maxNames)
    .execute();
  return [
    {
      kind: 'never-heard',
      text: `${counted(count, 'node')} ${count === 1 ? 'has' : 'have'} been known for more than a month and ${count === 1 ? 'was' : 'were'} never heard`,
      update: null,
      nodeCount: count,
      nodes,
      // Others may be new, and no filter knows since when.
      query: total === count ? { ...everyNode, states: ['new'] } : null,
      sinceAt: since,
    },
  ];
}
