/**
 * Sequences under which two contents are known. What one node alone tells of may be made up, under any number of sequences: all of it is one
 * line, which names that node.
 */
import { sql, type Kysely } from 'kysely';
import type { Need } from '../facts/overview.ts';
import type { FleetSchema } from '../store/schema.ts';

type Db = Kysely<FleetSchema>;

const maxLines = 200;

export async function equivocations(db: Db): Promise<Need[]> {
  return [...(await knownOnes(db)), ...(await toldByOne(db))];
}

/** Of both contents the office has told, or two nodes each. */
async function knownOnes(db: Db): Promise<Need[]> {
  const rows = await db
    .selectFrom('updates')
    .select((eb) => [
      'sequence',
      eb.fn.countAll<number>().as('contents'),
      eb.fn.max('first_seen_at').as('sinceAt'),
    ])
    .where('sequence', 'is not', null)
    .where('spread', '=', 2)
    .groupBy('sequence')
    .having((eb) => eb.fn.countAll(), '>', 1)
    .orderBy('sequence', 'desc')
    .limit(maxLines)
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

/** A line for each node that alone tells of another content. */
async function toldByOne(db: Db): Promise<Need[]> {
  const rows = await db
    .selectFrom('updates')
    .innerJoin('nodes', 'nodes.guid', 'updates.told_by')
    .select((eb) => [
      'nodes.guid',
      'nodes.name',
      sql<number>`count(distinct sequence)`.as('sequences'),
      eb.fn.max('sequence').as('newest'),
      eb.fn.min('first_seen_at').as('sinceAt'),
    ])
    .where('sequence', 'is not', null)
    .where('spread', '<>', 2)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('updates as other')
          .select('other.digest')
          .whereRef('other.sequence', '=', 'updates.sequence')
          .whereRef('other.digest', '<>', 'updates.digest'),
      ),
    )
    .groupBy(['nodes.guid', 'nodes.name'])
    .orderBy('nodes.guid')
    .limit(maxLines)
    .execute();
  return rows.map(({ guid, name, sequences, newest, sinceAt }) => ({
    kind: 'equivocation',
    text: `${name === '' ? guid : name} alone tells of another content under ${sequences === 1 ? `update ${newest}` : `${sequences} updates, the last of them ${newest}`}: somebody has signed twice, or that node lies`,
    update: sequences === 1 ? newest : null,
    nodeCount: 1,
    nodes: [{ guid, name }],
    query: null,
    sinceAt,
  }));
}
