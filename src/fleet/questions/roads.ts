/** Who meets whom, how often, with how many bytes. */
import type { Kysely } from 'kysely';
import type { RoadLine, RoadQuery, RoadsPage } from '../facts/roads.ts';
import type { FleetSchema } from '../store/schema.ts';
import { namesOf } from './names.ts';

const sortColumns = { contacts: 'contacts', bytes: 'bytes', last: 'last_at' } as const;
const dayMs = 86_400_000;

export async function roadsPage(db: Kysely<FleetSchema>, query: RoadQuery): Promise<RoadsPage> {
  const { node, sort, page, size } = query;
  const { total } = await db
    .selectFrom('roads')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .$if(node !== undefined, (roads) =>
      roads.where((eb) => eb.or([eb('node', '=', node ?? ''), eb('peer', '=', node ?? '')])),
    )
    .executeTakeFirstOrThrow();
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
    .limit(size)
    .offset((page - 1) * size)
    .execute();
  const nameOf = await namesOf(
    db,
    rows.flatMap((row) => [row.node, row.peer]),
  );
  const roads = rows.map((row): RoadLine => ({
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
  return { total, roads };
}
