/** The rules of `lateness.ts` in SQL, so that the database counts and filters by them. */
import { sql, type RawBuilder } from 'kysely';
import type { NodeState } from '../states.ts';
import { lateRule, silentRule, unknownRhythmSeconds, type Rule } from './lateness.ts';

/** The state of a row of `nodes` at a time. @param nowMs a whole number */
export function stateSql(nowMs: number): RawBuilder<NodeState> {
  const now = sql.lit(Math.floor(nowMs));
  return sql<NodeState>`case
    when nodes.paused_until > ${now} then 'paused'
    when nodes.last_heard_at is null then 'new'
    when nodes.state = 'failed' then 'failed'
    when ${dueSql(silentRule)} < ${now} then 'silent'
    when ${dueSql(lateRule)} < ${now} then 'late'
    when nodes.state = 'behind' then 'behind'
    else 'current' end`;
}

/** When a row of `nodes` is late or silent, in milliseconds since 1970. */
export function dueSql({ times, leastSeconds }: Rule): RawBuilder<number> {
  const pause = sql`(coalesce(nodes.rhythm_seconds, ${sql.lit(unknownRhythmSeconds)}) * ${sql.lit(times)})`;
  const least = sql.lit(leastSeconds);
  return sql<number>`(nodes.last_heard_at + 1000 * case when ${pause} > ${least} then ${pause} else ${least} end)`;
}

/** The worst first, as `nodeStates` has them. */
export function rankSql(nowMs: number): RawBuilder<number> {
  return sql<number>`case ${stateSql(nowMs)}
    when 'failed' then 0 when 'silent' then 1 when 'late' then 2 when 'behind' then 3
    when 'current' then 4 when 'new' then 5 else 6 end`;
}
