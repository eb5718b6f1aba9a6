/** What needs a person: one cause, one line, the worst first. */
import type { Kysely } from 'kysely';
import { counted } from '../../command-line/counted.ts';
import { needKinds, type Need, type NeedKind, type NodeName } from '../facts.ts';
import { everyNode, type NodeMark, type NodeQuery } from '../node-query.ts';
import type { FleetSchema } from '../store/schema.ts';
import { failedStates } from '../store/states.ts';
import { markSql } from './marks.ts';
import { stateSql } from './node-state.ts';
import { silentNeeds } from './silent-needs.ts';

type Db = Kysely<FleetSchema>;

const maxNames = 5;
const maxUpdates = 200;

export async function needsOf(db: Db, nowMs: number): Promise<Need[]> {
  const found = [
    ...(await equivocations(db)),
    ...(await forks(db)),
    ...(await failedUpdates(db)),
    ...(await silentNeeds(db, nowMs)),
    ...(await marked(db, nowMs)),
  ];
  return found.toSorted((a, b) => rank(a.kind) - rank(b.kind) || b.nodeCount - a.nodeCount);
}

function rank(kind: NeedKind): number {
  return needKinds.indexOf(kind);
}

async function equivocations(db: Db): Promise<Need[]> {
  const rows = await db
    .selectFrom('updates')
    .select((eb) => [
      'sequence',
      eb.fn.countAll<number>().as('contents'),
      eb.fn.max('first_seen_at').as('sinceAt'),
    ])
    .where('sequence', 'is not', null)
    .groupBy('sequence')
    .having((eb) => eb.fn.countAll(), '>', 1)
    .orderBy('sequence', 'desc')
    .limit(maxUpdates)
    .execute();
  return rows.map(({ sequence, contents, sinceAt }) => ({
    kind: 'equivocation',
    text: `update ${sequence}: ${contents} contents are known under this sequence; no node runs any of them once it has seen two`,
    update: sequence,
    nodeCount: 0,
    nodes: [],
    query: null,
    sinceAt,
  }));
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

async function failedUpdates(db: Db): Promise<Need[]> {
  const rows = await db
    .selectFrom('update_counts')
    .innerJoin('updates', 'updates.digest', 'update_counts.digest')
    .select(['updates.digest', 'sequence', 'title', 'state', 'count', 'first_seen_at'])
    .where('state', 'in', failedStates)
    .where('count', '>', 0)
    .orderBy('sequence', 'desc')
    .limit(maxUpdates)
    .execute();
  const names = await namesOfResults(db, rows);
  return rows.map((row) => {
    const { digest, sequence, title, state, count } = row;
    const verb = { failed: 'has failed', interrupted: 'was interrupted', refused: 'was refused' }[
      state as Bad
    ];
    return {
      kind: state as Bad,
      text: `update ${sequence ?? digest.slice(0, 16)} "${title}" ${verb} on ${counted(count, 'node')}`,
      update: sequence,
      nodeCount: count,
      nodes: names.get(`${digest} ${state}`) ?? [],
      query: { ...everyNode, update: digest, results: [state] },
      sinceAt: row.first_seen_at,
    };
  });
}

type Bad = 'failed' | 'interrupted' | 'refused';

/** Some of the nodes of the first lines; a page shows no more. */
async function namesOfResults(
  db: Db,
  rows: readonly { readonly digest: string; readonly state: string }[],
): Promise<Map<string, NodeName[]>> {
  const names = new Map<string, NodeName[]>();
  for (const { digest, state } of rows.slice(0, 20)) {
    const nodes = await db
      .selectFrom('results')
      .innerJoin('nodes', 'nodes.guid', 'results.node')
      .select(['nodes.guid', 'nodes.name'])
      .where('results.digest', '=', digest)
      .where('results.state', '=', state as Bad)
      .limit(maxNames)
      .execute();
    names.set(`${digest} ${state}`, nodes);
  }
  return names;
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
