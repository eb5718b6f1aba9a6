/** What nodes tell of updates, into `results`; what older incarnations told, and who carries what is not for it, stand beside. */
import type { Insertable } from 'kysely';
import type { FleetTransaction } from '../store/open-store.ts';
import type { FleetSchema } from '../store/schema.ts';
import type { ResultState } from '../states.ts';
import { resultStateOf } from '../store/states.ts';
import type { RankedIncarnation } from './incarnation-rank.ts';
import { inPortions } from '../store/portions.ts';
import type { CountChanges } from './counts.ts';
import { countFailures, mayCountAsFailure } from './failures.ts';
import { oldestFirst } from './short-log-order.ts';
import { compareTold, effectiveResult, type ToldByArchive, type ToldByShortLog } from './newest-word.ts';

/** Everything that was told of one update by one node. */
interface Story {
  readonly digest: string;
  /** In the store; `undefined`: no row. */
  readonly state: ResultState | undefined;
  readonly isHeld: boolean;
  readonly isCarried: boolean;
  /** One of each incarnation. */
  readonly told: ToldByArchive[];
  readonly short: ToldByShortLog | undefined;
}

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
    if (changed.some(mayCount)) await countFailures(transaction, telling.node);
    await writeOlder(
      transaction,
      telling.node,
      changed.map(({ story }) => story.digest),
      older,
    );
  }
}

type Older = Insertable<FleetSchema['older_results']>;

interface Settled {
  readonly story: Story;
  readonly newest: ToldByArchive | undefined;
}

function mayCount({ story, newest }: Settled): boolean {
  const effective = effectiveResult(newest, story.short, story.isCarried);
  return mayCountAsFailure(story.state) || mayCountAsFailure(effective?.state);
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

async function readStories(
  transaction: FleetTransaction,
  node: string,
  digests: readonly string[],
): Promise<Story[]> {
  const [results, holders, older] = [
    await transaction
      .selectFrom('results')
      .selectAll()
      .where('node', '=', node)
      .where('digest', 'in', [...digests])
      .execute(),
    await transaction
      .selectFrom('holders')
      .selectAll()
      .where('node', '=', node)
      .where('digest', 'in', [...digests])
      .execute(),
    await transaction
      .selectFrom('older_results')
      .selectAll()
      .where('node', '=', node)
      .where('digest', 'in', [...digests])
      .execute(),
  ];
  const resultOf = new Map(results.map((row) => [row.digest, row]));
  const holderOf = new Map(holders.map((row) => [row.digest, row]));
  const updates = await transaction
    .selectFrom('updates')
    .select(['digest', 'is_carried', 'sequence'])
    .where('digest', 'in', [...digests])
    .execute();
  const shorts = await readShortLogs(transaction, node, updates);
  return updates.map(({ digest, is_carried }) => {
    const result = resultOf.get(digest);
    const holder = holderOf.get(digest);
    const told = [result ?? [], older.filter((row) => row.digest === digest)]
      .flat()
      .filter(({ ledger_state }) => ledger_state !== null) as unknown as ToldByArchive[];
    return {
      digest,
      state: result?.state,
      isHeld: holder !== undefined,
      isCarried: is_carried === 1,
      told: [...told.map(onlyTold), ...(holder ? [ofHolder(holder)] : [])],
      short: shorts.get(digest),
    };
  });
}

/** Counted by the node; a sequence that two updates bear says nothing of either. */
async function readShortLogs(
  transaction: FleetTransaction,
  node: string,
  updates: readonly { digest: string; sequence: number | null }[],
): Promise<Map<string, ToldByShortLog>> {
  const wanted = updates.flatMap(({ sequence }) => sequence ?? []);
  const newest = new Map<string, ToldByShortLog>();
  if (wanted.length === 0) return newest;
  const rows = await transaction
    .selectFrom('short_logs')
    .selectAll()
    .where('node', '=', node)
    .where('sequence', 'in', wanted)
    .execute();
  if (rows.length === 0) return newest;
  const bearers = await transaction
    .selectFrom('updates')
    .innerJoin('results', 'results.digest', 'updates.digest')
    .select(['updates.digest', 'updates.sequence'])
    .where('results.node', '=', node)
    .where('updates.sequence', 'in', wanted)
    .execute();
  for (const row of oldestFirst(rows)) {
    const [digest, ...rivals] = bearers.flatMap((one) => (one.sequence === row.sequence ? one.digest : []));
    if (digest !== undefined && rivals.length === 0) newest.set(digest, row);
  }
  return newest;
}

async function write(
  transaction: FleetTransaction,
  node: string,
  settled: readonly Settled[],
  counts: CountChanges,
): Promise<void> {
  const rows: Insertable<FleetSchema['results']>[] = [];
  for (const { story, newest } of settled) {
    const { digest, state, isHeld, isCarried, short } = story;
    const effective = effectiveResult(newest, short, isCarried);
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

function ofHolder({ incarnation, archive_sequence, heard_at }: FleetHolder): ToldByArchive {
  return { ...toldNothing, ledger_state: 'not-for-me', incarnation, archive_sequence, told_at: heard_at };
}

type FleetHolder = { incarnation: string; archive_sequence: number; heard_at: number };

/** The columns of what was told, of a row that has others too. What is not for a node is kept without its circumstances. */
export function onlyTold(row: ToldByArchive): ToldByArchive {
  const { incarnation, archive_sequence, told_at, ledger_state } = row;
  if (resultStateOf(ledger_state) === undefined)
    return { ...toldNothing, ledger_state, incarnation, archive_sequence, told_at };
  return {
    ledger_state,
    ledger_reason: row.ledger_reason,
    incarnation,
    archive_sequence,
    exit_status: row.exit_status,
    signal: row.signal,
    attempts: row.attempts,
    channel: row.channel,
    last_line: row.last_line,
    node_received_at: row.node_received_at,
    node_started_at: row.node_started_at,
    node_finished_at: row.node_finished_at,
    told_at,
    told_road: row.told_road,
    transitions: row.transitions,
  };
}

const toldNothing = {
  ledger_reason: '',
  exit_status: null,
  signal: null,
  attempts: 0,
  channel: null,
  last_line: '',
  node_received_at: null,
  node_started_at: null,
  node_finished_at: null,
  told_road: null,
  transitions: '[]',
} as const;
