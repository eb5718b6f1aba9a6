/** Who was heard when, of a fleet store. */
import { sql, type Kysely } from 'kysely';
import { lateRule, unknownRhythmSeconds } from '../questions/lateness.ts';
import { neverHeard } from '../questions/never-heard.ts';
import { dueSql } from '../questions/node-state.ts';
import { carrierSql } from '../questions/silent-needs.ts';
import type { FleetSchema } from '../store/schema.ts';
import type { Hearing, OverdueNode } from './overdue-findings.ts';

type Db = Kysely<FleetSchema>;

/** What nobody heard longer ago than this excuses nobody. */
const outagesMs = 100 * 86_400_000;

export async function readHearing(db: Db, nowMs: number): Promise<Hearing> {
  const [overdue, fleet, never, outages, isManyOpen] = await Promise.all([
    overdueNodes(db, nowMs),
    wholeFleet(db, nowMs),
    neverHeard(db, nowMs).select(['guid', 'name', 'first_known_at as knownAt']).orderBy('guid').execute(),
    outagesOf(db, nowMs),
    hasManyOpen(db),
  ]);
  return { overdue, ...fleet, never, outages, isManyOpen };
}

/** Also those on which an update has failed: that hides no silence. */
function overdueNodes(db: Db, nowMs: number): Promise<OverdueNode[]> {
  const now = Math.floor(nowMs);
  return db
    .selectFrom('nodes')
    .select(['guid', 'name', 'rhythm_seconds as rhythmSeconds', carrierSql.as('carrier')])
    .select((eb) => eb.fn.coalesce('last_heard_at', eb.lit(0)).as('heardAt'))
    .where('last_heard_at', 'is not', null)
    .where((eb) => eb.or([eb('paused_until', 'is', null), eb('paused_until', '<=', now)]))
    .where(dueSql(lateRule), '<', now)
    .orderBy('guid')
    .execute();
}

async function wholeFleet(
  db: Db,
  nowMs: number,
): Promise<Pick<Hearing, 'expected' | 'perDay' | 'lastHeardAt'>> {
  const pause = sql`case when rhythm_seconds > 0 then rhythm_seconds else ${sql.lit(unknownRhythmSeconds)} end`;
  const { expected, perDay } = await db
    .selectFrom('nodes')
    .select((eb) => eb.fn.countAll<number>().as('expected'))
    .select(sql<number | string | null>`sum(86400.0 / (${pause}))`.as('perDay'))
    .where('last_heard_at', 'is not', null)
    .where((eb) => eb.or([eb('paused_until', 'is', null), eb('paused_until', '<=', Math.floor(nowMs))]))
    .executeTakeFirstOrThrow();
  const { lastHeardAt } = await db
    .selectFrom('nodes')
    .select((eb) => eb.fn.max('last_heard_at').as('lastHeardAt'))
    .executeTakeFirstOrThrow();
  // PostgreSQL has its decimal numbers as texts.
  return { expected, perDay: Number(perDay ?? 0), lastHeardAt };
}

async function outagesOf(db: Db, nowMs: number): Promise<Hearing['outages']> {
  const rows = await db
    .selectFrom('incidents')
    .select(['since_at', 'opened_at', 'closed_at'])
    .where('kind', '=', 'stale')
    .where('closed_at', '>', nowMs - outagesMs)
    .execute();
  return rows.map((row) => ({ from: row.since_at ?? row.opened_at, until: row.closed_at ?? nowMs }));
}

async function hasManyOpen(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('incidents')
    .select('id')
    .where('kind', '=', 'late')
    .where('subject', '=', '')
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}
