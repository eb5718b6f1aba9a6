/** What needs a person: one cause, one line, the worst first. */
import { sql, type Kysely } from 'kysely';
import { counted } from '../../command-line/counted.ts';
import { needKinds, type Need, type NeedKind } from '../facts/overview.ts';
import { everyNode, type NodeMark, type NodeQuery } from '../node-query.ts';
import type { FleetSchema } from '../store/schema.ts';
import { failedStates } from '../store/states.ts';
import { contains } from '../../parcel/sequence-sets.ts';
import { parseRange } from '../../parcel/sequences.ts';
import { readTexts } from './node-line.ts';
import { equivocations } from './equivocations.ts';
import { wellKnownFirst } from './find-one.ts';
import { markSql } from './marks.ts';
import { stateSql } from './node-state.ts';
import { neverHeardNeeds } from './never-heard.ts';
import { silentNeeds } from './silent-needs.ts';

type Db = Kysely<FleetSchema>;

const maxNames = 5;
const maxUpdates = 200;
/** Of updates that one node alone tells of: it may have made them up, and its own page has them all. */
const maxOnOneWord = 5;
/** Ranges that are looked at of such an update. */
const maxRangesOnOneWord = 20;

export async function needsOf(db: Db, nowMs: number): Promise<Need[]> {
  const found = await Promise.all([
    equivocations(db),
    forks(db),
    failedUpdates(db, nowMs),
    silentNeeds(db, nowMs),
    neverHeardNeeds(db, nowMs),
    marked(db, nowMs),
  ]);
  return found.flat().toSorted((a, b) => rank(a.kind) - rank(b.kind) || b.nodeCount - a.nodeCount);
}

function rank(kind: NeedKind): number {
  return needKinds.indexOf(kind);
}

async function forks(db: Db): Promise<Need[]> {
  const rows = await db
    .selectFrom('forks')
    .leftJoin('nodes', 'nodes.guid', 'forks.node')
    .select((eb) => ['forks.node', 'nodes.name', eb.fn.min('seen_at').as('sinceAt')])
    .groupBy(['forks.node', 'nodes.name'])
    .orderBy('forks.node')
    .limit(maxUpdates)
    .execute();
  return rows.map(({ node, name, sinceAt }) => ({
    kind: 'fork',
    text: `${name === null || name === '' ? node : name} has sent two archives under one number: its disk was copied, or somebody else has its key`,
    update: null,
    nodeCount: 1,
    nodes: [{ guid: node, name: name ?? '' }],
    query: { ...everyNode, text: node },
    sinceAt,
  }));
}

/** Only where nothing that has succeeded since supersedes it: a failure that was mended needs nobody. */
async function failedUpdates(db: Db, nowMs: number): Promise<Need[]> {
  const rows = await failingUpdates(db);
  if (rows.length === 0) return [];
  const menders = await mendersOf(db);
  const needs: Need[] = [];
  for (const { digest, sequence, title, ...row } of rows) {
    const state = row.state as Bad;
    const of = unmended(db, { digest, state, by: menders(sequence), nowMs });
    const { count, sinceAt } = await of
      .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.min('results.heard_at').as('sinceAt')])
      .executeTakeFirstOrThrow();
    if (count === 0) continue;
    const nodes = await of
      .select(['nodes.guid', 'nodes.name'])
      .orderBy('nodes.guid')
      .limit(maxNames)
      .execute();
    needs.push({
      kind: state,
      text: `update ${sequence ?? digest.slice(0, 16)} "${title}" ${verbs[state]} on ${counted(count, 'node')}`,
      update: sequence,
      nodeCount: count,
      nodes,
      query: { ...everyNode, update: digest, results: [state], states: ['failed'] },
      sinceAt,
    });
  }
  return needs;
}

/** What one node alone tells of comes behind, and is bounded: with updates that it makes up it hides no other. */
function failingUpdates(db: Db) {
  const told = sql<string>`case when updates.spread = 2 then updates.digest else updates.told_by end`;
  const failing = db
    .selectFrom('update_counts')
    .innerJoin('updates', 'updates.digest', 'update_counts.digest')
    .select(['updates.digest', 'sequence', 'title', 'update_counts.state', 'spread'])
    .select(sql<number>`row_number() over (partition by ${told} order by sequence desc)`.as('nth'))
    .where('update_counts.state', 'in', failedStates)
    .where('count', '>', 0);
  return db
    .selectFrom(failing.as('updates'))
    .select(['digest', 'sequence', 'title', 'state'])
    .where((eb) => eb.or([eb('spread', '=', 2), eb('nth', '<=', maxOnOneWord)]))
    .orderBy(wellKnownFirst)
    .orderBy('sequence', 'desc')
    .limit(maxUpdates)
    .execute();
}

type Bad = 'failed' | 'interrupted' | 'refused';
const verbs: Readonly<Record<Bad, string>> = {
  failed: 'has failed',
  interrupted: 'was interrupted',
  refused: 'was refused',
};

/** Which updates supersede a sequence, as far as they have said so. */
async function mendersOf(db: Db): Promise<(sequence: number | null) => string[]> {
  const rows = await db
    .selectFrom('updates')
    .select(['digest', 'supersedes', 'spread'])
    .where('supersedes', '<>', '[]')
    .where('spread', '>', 0)
    .execute();
  const sets = rows.map(({ digest, supersedes, spread }) => ({
    digest,
    ranges: readTexts(supersedes)
      .slice(0, spread === 2 ? undefined : maxRangesOnOneWord)
      .flatMap((text) => parseRange(text) ?? []),
  }));
  return (sequence) =>
    sets.filter(({ ranges }) => sequence !== null && contains(ranges, sequence)).map(({ digest }) => digest);
}

interface Failing {
  readonly digest: string;
  readonly state: Bad;
  /** Digests of updates that mend it. */
  readonly by: readonly string[];
  readonly nowMs: number;
}

/** Results of nodes that are failed now, and not paused. */
function unmended(db: Db, { digest, state, by, nowMs }: Failing) {
  return db
    .selectFrom('results')
    .innerJoin('nodes', 'nodes.guid', 'results.node')
    .where('results.digest', '=', digest)
    .where('results.state', '=', state)
    .where(stateSql(nowMs), '=', 'failed')
    .$if(by.length > 0, (query) =>
      query.where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('results as mended')
              .select('mended.node')
              .whereRef('mended.node', '=', 'results.node')
              .where('mended.digest', 'in', by)
              .where('mended.state', '=', 'succeeded'),
          ),
        ),
      ),
    );
}

const marks = [
  ['disk', 'disk', 'have a nearly full disk'],
  ['gaps', 'gap', 'have sent archives of logs that have not come'],
  ['clock', 'clock', 'have a clock that is off by more than an hour'],
] as const satisfies readonly (readonly [NodeMark, NeedKind, string])[];

/** Of nodes that are expected: what a paused one lacks can wait. */
async function marked(db: Db, nowMs: number): Promise<Need[]> {
  const needs: Need[] = [];
  for (const [mark, kind, words] of marks) {
    const query: NodeQuery = { ...everyNode, marks: [mark] };
    const of = db.selectFrom('nodes').where(markSql[mark]).where(stateSql(nowMs), '<>', 'paused');
    const { count } = await of.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
    if (count === 0) continue;
    const nodes = await of.select(['guid', 'name']).orderBy('guid').limit(maxNames).execute();
    const text = `${counted(count, 'node')} ${count === 1 ? words.replace(/^have/, 'has') : words}`;
    needs.push({ kind, text, update: null, nodeCount: count, nodes, query, sinceAt: null });
  }
  return needs;
}
