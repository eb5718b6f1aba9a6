/** All contacts of two nodes in one line: what "who meets whom" reads, since a year of contacts is millions. */
import { sql, type RawBuilder } from 'kysely';
import type { FleetTransaction } from './open-store.ts';
import { inPortions } from './portions.ts';
import type { ContactTable, RoadTable } from './tables/archives.ts';

const mostCounted = Number.MAX_SAFE_INTEGER;

type Meeting = Omit<ContactTable, 'incarnation' | 'sequence' | 'line' | 'reason' | 'node_at'>;

/** Peers of one node: a node that makes them up without end fills no store. */
const maxPeers = 2000;

/** Which contacts of one node are counted: with peers that it has met before, and with others while there is room. */
export async function countedContacts<Contact extends { readonly peer: string }>(
  transaction: FleetTransaction,
  node: string,
  contacts: readonly Contact[],
): Promise<Contact[]> {
  if (contacts.length === 0) return [];
  const known = await transaction.selectFrom('roads').select('peer').where('node', '=', node).execute();
  const peers = new Set(known.map(({ peer }) => peer));
  return contacts.filter(({ peer }) => {
    if (!peers.has(peer) && peers.size < maxPeers) peers.add(peer);
    return peers.has(peer);
  });
}

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
          bytes: added('bytes'),
          bytes_in: added('bytes_in'),
          bytes_out: added('bytes_out'),
          parcels_in: added('parcels_in'),
          seconds: added('seconds'),
          first_at: sql<number>`case when roads.first_at < excluded.first_at then roads.first_at else excluded.first_at end`,
          last_at: sql<number>`case when roads.last_at > excluded.last_at then roads.last_at else excluded.last_at end`,
        })),
      )
      .execute();
}

/** Up to the largest number that is exact: PostgreSQL refuses what does not fit, and with it all of an archive. */
function added(column: 'bytes' | 'bytes_in' | 'bytes_out' | 'parcels_in' | 'seconds'): RawBuilder<number> {
  const [before, more] = [sql.ref(`roads.${column}`), sql.ref(`excluded.${column}`)];
  return sql<number>`case when ${before} > ${sql.lit(mostCounted)} - ${more} then ${sql.lit(mostCounted)} else ${before} + ${more} end`;
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
      bytes: sum(before?.bytes, bytes_in, bytes_out),
      bytes_in: sum(before?.bytes_in, bytes_in),
      bytes_out: sum(before?.bytes_out, bytes_out),
      parcels_in: sum(before?.parcels_in, parcels_in),
      seconds: sum(before?.seconds, seconds),
      first_at: Math.min(before?.first_at ?? at, at),
      last_at: Math.max(before?.last_at ?? at, at),
    });
  }
  return [...roads.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, road]) => road);
}

function sum(before: number | undefined, ...more: readonly number[]): number {
  return Math.min(
    mostCounted,
    more.reduce((all, one) => all + one, before ?? 0),
  );
}
