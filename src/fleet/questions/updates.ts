/** Updates with the counts of their results. */
import type { Kysely, Selectable } from 'kysely';
import type { UpdateLine, UpdatesPage } from '../facts/update.ts';
import type { Page } from '../node-query.ts';
import { resultStates, type ResultState } from '../states.ts';
import type { FleetSchema } from '../store/schema.ts';
import type { UpdateTable } from '../store/tables/updates.ts';
import { wellKnownFirst } from './find-one.ts';

type Db = Kysely<FleetSchema>;

/** The highest sequence first; those of which one node alone has told, or only the digest is known, come behind them. */
export async function updatesPage(db: Db, { page, size }: Page): Promise<UpdatesPage> {
  const { total } = await db
    .selectFrom('updates')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('updates')
    .selectAll()
    .orderBy(wellKnownFirst)
    .orderBy((eb) => eb.fn.coalesce('sequence', eb.lit(0)), 'desc')
    .orderBy('digest')
    .limit(size)
    .offset((page - 1) * size)
    .execute();
  return { total, updates: await withCounts(db, rows) };
}

/** The update with the highest sequence, of which not one node alone has told if there is any such. */
export async function newestUpdate(db: Db): Promise<UpdateLine | null> {
  const row = await db
    .selectFrom('updates')
    .selectAll()
    .where('sequence', 'is not', null)
    .orderBy(wellKnownFirst)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? ((await withCounts(db, [row]))[0] ?? null) : null;
}

export async function withCounts(db: Db, rows: readonly Selectable<UpdateTable>[]): Promise<UpdateLine[]> {
  if (rows.length === 0) return [];
  const digests = rows.map(({ digest }) => digest);
  const counted = await db.selectFrom('update_counts').selectAll().where('digest', 'in', digests).execute();
  const byDigest = groupBy(counted);
  return rows.map((row) => {
    const counts = { ...none };
    for (const { state, count } of byDigest.get(row.digest) ?? []) counts[state] = count;
    return {
      sequence: row.sequence,
      digest: row.digest,
      title: row.title,
      bytes: row.bytes,
      created: row.created,
      expires: row.expires,
      publishedAt: row.published_at,
      firstSeenAt: row.first_seen_at,
      total: Object.values(counts).reduce((sum, count) => sum + count, 0),
      counts,
    };
  });
}

const none = Object.fromEntries(resultStates.map((state) => [state, 0])) as Record<ResultState, number>;

interface Counted {
  readonly digest: string;
  readonly state: ResultState;
  readonly count: number;
}

function groupBy(counted: readonly Counted[]): Map<string, Counted[]> {
  const groups = new Map<string, Counted[]>();
  for (const one of counted) groups.set(one.digest, [...(groups.get(one.digest) ?? []), one]);
  return groups;
}
