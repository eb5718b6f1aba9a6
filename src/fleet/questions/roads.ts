/** Who meets whom, how often, with how many bytes. */
import { setImmediate } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { InTurn } from '../facts/questions.ts';
import type { RoadLine, RoadQuery, RoadsPage } from '../facts/roads.ts';
import type { FleetSchema } from '../store/schema.ts';
import { namesOf } from './names.ts';

type Db = Kysely<FleetSchema>;

const sortColumns = { contacts: 'contacts', bytes: 'bytes', last: 'last_at' } as const;
const dayMs = 86_400_000;

/** Roads that are read at a time. */
const portionSize = 500;

export async function roadsPage(db: Db, query: RoadQuery): Promise<RoadsPage> {
  const total = await countRoads(db, query);
  return { total, roads: await readRoads(db, query, { from: 0, to: query.size }) };
}

/** A road on which somebody meets while the list is read may stand in it twice, or not at all: it changes its place. */
export async function roadsInTurn(db: Db, query: RoadQuery): Promise<InTurn<RoadLine>> {
  return { total: await countRoads(db, query), portions: inTurn(db, query) };
}

async function* inTurn(db: Db, query: RoadQuery): AsyncGenerator<readonly RoadLine[]> {
  for (let from = 0; from < query.size; from += portionSize) {
    if (from > 0) await setImmediate(); // SQLite answers at once: without this nobody else would have a turn
    const roads = await readRoads(db, query, { from, to: Math.min(from + portionSize, query.size) });
    yield roads;
    if (roads.length < portionSize) return;
  }
}

async function countRoads(db: Db, { node }: RoadQuery): Promise<number> {
  const { total } = await db
    .selectFrom('roads')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .$if(node !== undefined, (roads) =>
      roads.where((eb) => eb.or([eb('node', '=', node ?? ''), eb('peer', '=', node ?? '')])),
    )
    .executeTakeFirstOrThrow();
  return total;
}

/** @param range lines of the page that the query asks for */
async function readRoads(
  db: Db,
  { node, sort, page, size }: RoadQuery,
  range: { readonly from: number; readonly to: number },
): Promise<RoadLine[]> {
  const rows = await db
    .selectFrom('roads')
    .selectAll()
    .$if(node !== undefined, (roads) =>
      roads.where((eb) => eb.or([eb('node', '=', node ?? ''), eb('peer', '=', node ?? '')])),
    )
    // all the same way round, so that an index has them in this order
    .orderBy(sortColumns[sort], 'desc')
    .orderBy('node', 'desc')
    .orderBy('peer', 'desc')
    .limit(range.to - range.from)
    .offset((page - 1) * size + range.from)
    .execute();
  const nameOf = await namesOf(
    db,
    rows.flatMap((row) => [row.node, row.peer]),
  );
  return rows.map((row): RoadLine => ({
    node: nameOf(row.node),
    peer: nameOf(row.peer),
    peerRole: row.role,
    contacts: row.contacts,
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    parcelsIn: row.parcels_in,
    seconds: row.seconds,
    firstNodeAt: row.first_at,
    lastNodeAt: row.last_at,
    everyDays: row.contacts < 2 ? null : (row.last_at - row.first_at) / dayMs / (row.contacts - 1),
  }));
}
