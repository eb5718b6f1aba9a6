/** All contacts of two nodes in one line: what "who meets whom" reads, since a year of contacts is millions. */
import type { FleetTransaction } from './open-store.ts';
import { inPortions } from './portions.ts';
import type { ContactTable, RoadTable } from './tables/archives.ts';

type Meeting = Omit<ContactTable, 'incarnation' | 'sequence' | 'line' | 'reason' | 'node_at'>;

/** Adds contacts that were not there before, in the transaction that stores them. */
export async function addToRoads(transaction: FleetTransaction, contacts: readonly Meeting[]): Promise<void> {
  for (const some of inPortions(inRoads(contacts)))
    await transaction
      .insertInto('roads')
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(['node', 'peer']).doUpdateSet((eb) => ({
          role: eb.ref('excluded.role'),
          contacts: eb('roads.contacts', '+', eb.ref('excluded.contacts')),
          bytes: eb('roads.bytes', '+', eb.ref('excluded.bytes')),
          bytes_in: eb('roads.bytes_in', '+', eb.ref('excluded.bytes_in')),
          bytes_out: eb('roads.bytes_out', '+', eb.ref('excluded.bytes_out')),
          parcels_in: eb('roads.parcels_in', '+', eb.ref('excluded.parcels_in')),
          seconds: eb('roads.seconds', '+', eb.ref('excluded.seconds')),
          first_at: eb
            .case()
            .when('roads.first_at', '<', eb.ref('excluded.first_at'))
            .then(eb.ref('roads.first_at'))
            .else(eb.ref('excluded.first_at'))
            .end(),
          last_at: eb
            .case()
            .when('roads.last_at', '>', eb.ref('excluded.last_at'))
            .then(eb.ref('roads.last_at'))
            .else(eb.ref('excluded.last_at'))
            .end(),
        })),
      )
      .execute();
}

/** Sorted, so that two who write at once wait for each other in one order. */
function inRoads(contacts: readonly Meeting[]): RoadTable[] {
  const roads = new Map<string, RoadTable>();
  for (const contact of contacts) {
    const key = `${contact.node} ${contact.peer}`;
    const before = roads.get(key);
    const { node, peer, role, seconds, bytes_in, bytes_out, parcels_in, at } = contact;
    roads.set(key, {
      node,
      peer,
      role,
      contacts: (before?.contacts ?? 0) + 1,
      bytes: (before?.bytes ?? 0) + bytes_in + bytes_out,
      bytes_in: (before?.bytes_in ?? 0) + bytes_in,
      bytes_out: (before?.bytes_out ?? 0) + bytes_out,
      parcels_in: (before?.parcels_in ?? 0) + parcels_in,
      seconds: (before?.seconds ?? 0) + seconds,
      first_at: Math.min(before?.first_at ?? at, at),
      last_at: Math.max(before?.last_at ?? at, at),
    });
  }
  return [...roads.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, road]) => road);
}
