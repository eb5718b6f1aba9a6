/** Nodes become known: by an archive, by an enrolment, by an update that names them. */
import type { FleetTransaction } from '../store/open-store.ts';
import { spreadToNode } from './addressed.ts';
import { inPortions } from '../store/portions.ts';
import type { CountChanges } from './counts.ts';

/** Enters those that are not known, by their GUIDs alone, and what is for them. @returns the new ones */
export async function knowNodes(
  transaction: FleetTransaction,
  guids: readonly string[],
  atMs: number,
  counts: CountChanges,
): Promise<string[]> {
  const known = new Map<string, number>();
  for (const some of inPortions(guids))
    for (const { guid, first_known_at } of await transaction
      .selectFrom('nodes')
      .select(['guid', 'first_known_at'])
      .where('guid', 'in', some)
      .execute())
      known.set(guid, first_known_at);
  const added = [...new Set(guids)].filter((guid) => !known.has(guid));
  for (const some of inPortions(added))
    await transaction
      .insertInto('nodes')
      .values(some.map((guid) => ({ guid, name: '', place: '', note: '', first_known_at: atMs })))
      .execute();
  const earlier = [...known].filter(([, first]) => first > atMs).map(([guid]) => guid);
  for (const some of inPortions(earlier))
    await transaction.updateTable('nodes').set({ first_known_at: atMs }).where('guid', 'in', some).execute();
  for (const guid of added) await spreadToNode(transaction, guid, counts);
  return added;
}
