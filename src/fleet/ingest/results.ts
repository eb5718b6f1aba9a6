/** What nodes tell of updates, into `results`; what older incarnations told, and who carries what is not for it, stand beside. */
import type { Insertable } from 'kysely';
import type { FleetTransaction } from '../store/open-store.ts';
import type { FleetSchema } from '../store/schema.ts';
import type { RankedIncarnation } from './incarnation-rank.ts';
import { inPortions } from '../store/portions.ts';
import { carriedTo, carryFrom } from './carried.ts';
import type { CountChanges } from './counts.ts';
import { countFailures, mayCountAsFailure } from './failures.ts';
import { compareTold, effectiveResult, type ToldByArchive } from './newest-word.ts';
import { onlyTold, readStories, type Story } from './result-stories.ts';

/** Of the node whose results are settled. */
export interface Telling {
  readonly node: string;
  readonly ranks: ReadonlyMap<string, RankedIncarnation>;
}

/** Enters what an archive tells, and decides anew what is so. @param news of one node, by digest */
export async function settleResults(
  transaction: FleetTransaction,
  telling: Telling,
  news: ReadonlyMap<string, ToldByArchive | undefined>,
  counts: CountChanges,
): Promise<void> {
  let mayHaveFailed = false;
  for (const digests of inPortions([...news.keys()], 200)) {
    const stories = await readStories(transaction, telling.node, digests);
    const [changed, older]: [Settled[], Older[]] = [[], []];
    for (const story of stories) {
      const fresh = news.get(story.digest);
      const told = fresh && onlyTold(fresh);
      const before = story.told.find(({ incarnation }) => incarnation === told?.incarnation);
      // An older word of an incarnation says nothing; the archive that holds it may have turned the order of incarnations all the same.
      const isNews = told && !(before && compareTold(told, before, telling.ranks) <= 0);
      const words = isNews ? [...story.told.filter((one) => one !== before), told] : story.told;
      const all = words.toSorted((a, b) => compareTold(b, a, telling.ranks));
      changed.push({ story, newest: all[0] });
      older.push(...all.slice(1).map((one) => ({ node: telling.node, digest: story.digest, ...one })));
    }
    await write(transaction, telling.node, changed, counts);
    mayHaveFailed ||= changed.some(mayCount);
    await writeOlder(
      transaction,
      telling.node,
      changed.map(({ story }) => story.digest),
      older,
    );
  }
  if (mayHaveFailed) await countFailures(transaction, telling.node);
}

type Older = Insertable<FleetSchema['older_results']>;

interface Settled {
  readonly story: Story;
  readonly newest: ToldByArchive | undefined;
}

function mayCount({ story, newest }: Settled): boolean {
  const effective = effectiveResult(newest, story.short, false);
  return mayCountAsFailure(story.state) || mayCountAsFailure(effective?.state);
}

/** It has told something of it, and did not before. */
function isNewlyHeld({ story: { state, isHeld, short }, newest }: Settled): boolean {
  const wasHeld = isHeld || (state !== undefined && state !== 'unseen' && state !== 'carried');
  return !wasHeld && (newest !== undefined || short !== undefined);
}

/** All digests of which another incarnation has told something too: their order may be another. */
export async function digestsOfSeveral(transaction: FleetTransaction, node: string): Promise<string[]> {
  const rows = await transaction
    .selectFrom('older_results')
    .select('digest')
    .distinct()
    .where('node', '=', node)
    .execute();
  return rows.map(({ digest }) => digest);
}

async function write(
  transaction: FleetTransaction,
  node: string,
  settled: readonly Settled[],
  counts: CountChanges,
): Promise<void> {
  const rows: Insertable<FleetSchema['results']>[] = [];
  const untold = settled.filter(({ newest, story }) => !newest && !story.short);
  const carried = await carriedTo(transaction, node, digestsOf(untold));
  for (const { story, newest } of settled) {
    const { digest, state, isHeld, short } = story;
    const effective = effectiveResult(newest, short, carried.has(digest));
    counts.moved(node, digest, state, effective?.state);
    if (effective) {
      if (isHeld) await leave(transaction, 'holders', node, digest);
      rows.push({ ...(newest ? onlyTold(newest) : {}), ...effective, node, digest });
    } else if (newest) {
      if (state !== undefined) await leave(transaction, 'results', node, digest);
      await hold(transaction, node, digest, newest);
    }
  }
  for (const some of inPortions(rows)) {
    await transaction
      .deleteFrom('results')
      .where('node', '=', node)
      .where(
        'digest',
        'in',
        some.map(({ digest }) => digest),
      )
      .execute();
    await transaction.insertInto('results').values(some).execute();
  }
  await carryFrom(transaction, node, digestsOf(settled.filter(isNewlyHeld)), counts);
}

function digestsOf(settled: readonly Settled[]): string[] {
  return settled.map(({ story }) => story.digest);
}

async function leave(
  transaction: FleetTransaction,
  table: 'holders' | 'results',
  node: string,
  digest: string,
): Promise<void> {
  await transaction.deleteFrom(table).where('digest', '=', digest).where('node', '=', node).execute();
}

async function hold(
  transaction: FleetTransaction,
  node: string,
  digest: string,
  { incarnation, archive_sequence, told_at }: ToldByArchive,
): Promise<void> {
  const row = { incarnation, archive_sequence, heard_at: told_at };
  await transaction
    .insertInto('holders')
    .values({ node, digest, ...row })
    .onConflict((conflict) => conflict.columns(['digest', 'node']).doUpdateSet(row))
    .execute();
}

async function writeOlder(
  transaction: FleetTransaction,
  node: string,
  digests: readonly string[],
  older: readonly Older[],
): Promise<void> {
  if (digests.length === 0) return;
  await transaction
    .deleteFrom('older_results')
    .where('node', '=', node)
    .where('digest', 'in', [...digests])
    .execute();
  for (const some of inPortions(older)) await transaction.insertInto('older_results').values(some).execute();
}
