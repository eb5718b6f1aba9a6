/** Many nodes: filtered, sorted, a page of them. */
import { setImmediate } from 'node:timers/promises';
import { sql, type Expression, type Kysely, type SqlBool } from 'kysely';
import type { NodeHeard, NodeLine, NodesPage } from '../facts/node.ts';
import type { InTurn } from '../facts/questions.ts';
import type { NodeQuery, NodeSort } from '../node-query.ts';
import type { FleetSchema } from '../store/schema.ts';
import { findUpdate, type UpdateName } from './find-one.ts';
import { markSql } from './marks.ts';
import { worstResultsFirst } from '../states.ts';
import { archiveSums, nodeColumns, noSums, readNodeLine } from './node-line.ts';
import { rankSql, stateSql } from './node-state.ts';
import { readResult, resultColumns } from './result-line.ts';

type Db = Kysely<FleetSchema>;
type Sql = Expression<SqlBool>;

/** Nodes that are read at a time: a hundredth of a second, for which SQLite keeps everybody else waiting. */
const portionSize = 250;

/** @throws FerrymanError `fleet.unknown`, `fleet.ambiguous`: the update that the query names */
export async function nodesPage(db: Db, query: NodeQuery, nowMs: number): Promise<NodesPage> {
  const { total, portions } = await nodesInTurn(db, query, nowMs);
  const nodes: NodeLine[] = [];
  for await (const portion of portions) nodes.push(...portion);
  return { query, total, nodes };
}

/**
 * Which nodes, and in which order, is decided at once; what is told of each is read when its turn comes.
 *
 * @throws as {@link nodesPage}
 */
export async function nodesInTurn(db: Db, query: NodeQuery, nowMs: number): Promise<InTurn<NodeLine>> {
  const { page, size } = query;
  const update = query.update === undefined ? undefined : await findUpdate(db, query.update);
  const conditions = conditionsOf(query, update, nowMs);
  const keys = await db
    .selectFrom('nodes')
    .select('guid')
    .where((eb) => eb.and(conditions))
    .orderBy(orderOf(query, update, nowMs))
    .limit(size)
    .offset((page - 1) * size)
    .execute();
  const isWhole = page === 1 && keys.length < size;
  const total = isWhole ? keys.length : await countNodes(db, conditions);
  const guids = keys.map(({ guid }) => guid);
  return { total, portions: inTurn(guids, (some) => linesOf(db, some, { update, nowMs })) };
}

async function* inTurn<Line>(
  guids: readonly string[],
  read: (guids: readonly string[]) => Promise<readonly Line[]>,
): AsyncGenerator<readonly Line[]> {
  for (let from = 0; from < guids.length; from += portionSize) {
    if (from > 0) await setImmediate(); // SQLite answers at once: without this nobody else would have a turn
    yield await read(guids.slice(from, from + portionSize));
  }
}

async function countNodes(db: Db, conditions: readonly Sql[]): Promise<number> {
  const { total } = await db
    .selectFrom('nodes')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .where((eb) => eb.and([...conditions]))
    .executeTakeFirstOrThrow();
  return total;
}

/** In the order of the GUIDs; one that has gone meanwhile is left out. */
async function linesOf(
  db: Db,
  guids: readonly string[],
  { update, nowMs }: { readonly update: UpdateName | undefined; readonly nowMs: number },
): Promise<NodeLine[]> {
  const rows = await db
    .selectFrom('nodes')
    .select(nodeColumns)
    .select(stateSql(nowMs).as('now_state'))
    .where('guid', 'in', guids)
    .execute();
  const sums = await archiveSums(db, guids);
  const byGuid = new Map(
    rows.map((row) => [row.guid, readNodeLine({ ...row, ...(sums.get(row.guid) ?? noSums) })]),
  );
  const nodes = guids.flatMap((guid) => byGuid.get(guid) ?? []);
  return update ? withResults(db, nodes, update) : nodes;
}

/** All of them, in no order. */
export async function nodesHeard(db: Db): Promise<NodeHeard[]> {
  const rows = await db.selectFrom('nodes').select(['guid', 'last_heard_at', 'newest_sequence']).execute();
  return rows.map(({ guid, last_heard_at: heardAt, newest_sequence: newestSequence }) => ({
    guid,
    heardAt,
    newestSequence,
  }));
}

async function withResults(db: Db, nodes: readonly NodeLine[], { digest }: UpdateName): Promise<NodeLine[]> {
  if (nodes.length === 0) return [];
  const rows = await db
    .selectFrom('results')
    .innerJoin('updates', 'updates.digest', 'results.digest')
    .select(['results.node', ...resultColumns])
    .where('results.digest', '=', digest)
    .where(
      'results.node',
      'in',
      nodes.map(({ guid }) => guid),
    )
    .execute();
  const byNode = new Map(rows.map((row) => [row.node, readResult(row)]));
  return nodes.map((node) => ({ ...node, result: byNode.get(node.guid) ?? null }));
}

function conditionsOf(query: NodeQuery, update: UpdateName | undefined, nowMs: number): Sql[] {
  const { states, roles, groups, roads, marks, text, results } = query;
  return [
    ...(states.length > 0 ? [sql<SqlBool>`${stateSql(nowMs)} in (${sql.join(states)})`] : []),
    ...(roles.length > 0 ? [sql<SqlBool>`nodes.role in (${sql.join(roles)})`] : []),
    ...(roads.length > 0 ? [sql<SqlBool>`nodes.last_heard_road in (${sql.join(roads)})`] : []),
    ...(groups.length > 0
      ? [
          sql<SqlBool>`exists (select 1 from node_groups g where g.node = nodes.guid and g.name in (${sql.join(groups)}))`,
        ]
      : []),
    ...(marks.length > 0
      ? [
          sql<SqlBool>`(${sql.join(
            marks.map((mark) => markSql[mark]),
            sql` or `,
          )})`,
        ]
      : []),
    ...(text === '' ? [] : [holds(text)]),
    ...(update ? [hasResult(update, results)] : []),
  ];
}

/** Small letters are compared, and only a to z have them in every database; `%` and `_` are letters like others. */
function holds(text: string): Sql {
  const like = `%${text.toLowerCase().replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
  return sql<SqlBool>`(lower(nodes.name) like ${like} escape '\\' or lower(nodes.place) like ${like} escape '\\' or nodes.guid like ${like} escape '\\')`;
}

function hasResult({ digest }: UpdateName, results: NodeQuery['results']): Sql {
  const states = results.length > 0 ? sql`and r.state in (${sql.join(results)})` : sql``;
  return sql<SqlBool>`nodes.guid in (select r.node from results r where r.digest = ${digest} ${states})`;
}

/** What is not known goes last, whichever way round; the GUID makes the order whole. */
function orderOf(
  { sort, reverse }: NodeQuery,
  update: UpdateName | undefined,
  nowMs: number,
): Expression<unknown> {
  const { keys, nulls } = sortSql(sort, update, nowMs);
  const [up, down] = reverse ? [sql`desc`, sql`asc`] : [sql`asc`, sql`desc`];
  const ordered = keys.map(({ key, first }) => sql`${key} ${first === 'least' ? up : down}`);
  return sql.join([
    ...nulls.map((key) => sql`case when ${key} then 1 else 0 end`),
    ...ordered,
    sql`nodes.guid`,
  ]);
}

interface SortSql {
  readonly nulls: readonly Expression<unknown>[];
  readonly keys: readonly { readonly key: Expression<unknown>; readonly first: 'least' | 'most' }[];
}

/** Nodes on which the update went wrong first, and of these the worst. */
function resultSort({ digest }: UpdateName, worst: SortSql): SortSql {
  const rank = sql`(select case r.state ${sql.join(
    worstResultsFirst.map((state, index) => sql`when ${sql.lit(state)} then ${sql.lit(index)}`),
    sql` `,
  )} end from results r where r.node = nodes.guid and r.digest = ${digest})`;
  return { nulls: [], keys: [{ key: rank, first: 'least' }, ...worst.keys] };
}

function sortSql(sort: NodeSort, update: UpdateName | undefined, nowMs: number): SortSql {
  const worst: SortSql = {
    nulls: [],
    keys: [
      { key: rankSql(nowMs), first: 'least' },
      { key: sql`coalesce(nodes.last_heard_at, 0)`, first: 'least' },
    ],
  };
  const by: Readonly<Record<NodeSort, SortSql>> = {
    worst,
    result: update ? resultSort(update, worst) : worst,
    name: { nulls: [sql`nodes.name = ''`], keys: [{ key: sql`lower(nodes.name)`, first: 'least' }] },
    heard: {
      nulls: [sql`nodes.last_heard_at is null`],
      keys: [{ key: sql`nodes.last_heard_at`, first: 'most' }],
    },
    sequence: {
      nulls: [sql`nodes.newest_sequence is null`],
      keys: [{ key: sql`nodes.newest_sequence`, first: 'least' }],
    },
    behind: { nulls: [], keys: [{ key: sql`nodes.open_count`, first: 'most' }] },
    disk: {
      nulls: [sql`nodes.disk_free_bytes is null`],
      keys: [{ key: sql`nodes.disk_free_bytes`, first: 'least' }],
    },
    failures: { nulls: [], keys: [{ key: sql`nodes.failed_count`, first: 'most' }] },
  };
  return by[sort];
}
