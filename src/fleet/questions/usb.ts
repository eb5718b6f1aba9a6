/** What a node tells of USB keys: with the facts of its newest incarnation that has any. */
import type { Kysely } from 'kysely';
import type { NodeFacts, NodeUsb } from '../../parcel/node-facts.ts';
import type { UsbVisitLine } from '../facts/node.ts';
import type { FleetSchema } from '../store/schema.ts';
import { compareIncarnations } from '../ingest/incarnation-rank.ts';

/** @returns `undefined`: it does not tell */
export async function usbOf(db: Kysely<FleetSchema>, guid: string): Promise<NodeUsb | undefined> {
  const rows = await db
    .selectFrom('incarnations')
    .select(['incarnation', 'closed', 'first_heard_at', 'facts'])
    .where('node', '=', guid)
    .where('facts_sequence', 'is not', null)
    .execute();
  const [newest] = rows.toSorted((a, b) => compareIncarnations(b, a));
  return newest && (JSON.parse(newest.facts) as Partial<NodeFacts>).usb;
}

export function visitLines({ visits }: NodeUsb): UsbVisitLine[] {
  return visits.map(({ at, ...visit }) => ({ ...visit, nodeAt: Date.parse(at) }));
}
