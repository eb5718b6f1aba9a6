/** Contacts of a node with its neighbours, as its archive tells them. */
import { addToRoads, countedContacts } from '../store/roads.ts';
import type { FleetTransaction } from '../store/open-store.ts';
import { inPortions } from '../store/portions.ts';
import { carryOver } from './carried.ts';
import type { CountChanges } from './counts.ts';
import type { NumberedContact } from './read-archive.ts';
import type { SettledArchive } from './settled-archive.ts';

export async function takeContacts(
  transaction: FleetTransaction,
  archive: SettledArchive,
  contacts: readonly NumberedContact[],
  counts: CountChanges,
): Promise<void> {
  const { origin, incarnation, sequence } = archive;
  const shiftMs = clockShiftMs(archive);
  const rows = contacts.map(({ line, at, peer, role, seconds, bytesIn, bytesOut, parcelsIn, reason }) => ({
    node: origin,
    incarnation,
    sequence,
    line,
    node_at: Date.parse(at),
    at: Math.min(Date.parse(at) + shiftMs, archive.receivedAtMs),
    peer,
    role,
    seconds,
    reason,
    bytes_in: bytesIn,
    bytes_out: bytesOut,
    parcels_in: parcelsIn,
  }));
  for (const some of inPortions(rows)) await transaction.insertInto('contacts').values(some).execute();
  const counted = await countedContacts(transaction, origin, rows);
  const fresh = await strangersOf(transaction, origin, counted);
  await addToRoads(transaction, counted);
  for (const peer of fresh) await carryOver(transaction, [origin, peer], counts);
}

/** Those that it has not met before, by the word of either. */
async function strangersOf(
  transaction: FleetTransaction,
  node: string,
  met: readonly { readonly peer: string }[],
): Promise<Set<string>> {
  const strangers = new Set(met.map(({ peer }) => peer));
  for (const peers of inPortions([...strangers])) {
    const known = [
      await transaction
        .selectFrom('roads')
        .select('peer as guid')
        .where('node', '=', node)
        .where('peer', 'in', peers)
        .execute(),
      await transaction
        .selectFrom('roads')
        .select('node as guid')
        .where('peer', '=', node)
        .where('node', 'in', peers)
        .execute(),
    ];
    for (const { guid } of known.flat()) strangers.delete(guid);
  }
  return strangers;
}

/** What brings times of the archive near the truth, where its clock is surely wrong: it was made after the enrolment and before it came. */
function clockShiftMs({ word, receivedAtMs }: SettledArchive): number {
  if (!word) return 0;
  const made = Date.parse(word.manifest.created);
  const isWrong = made > receivedAtMs || made < Date.parse(word.enrolment.created);
  return isWrong ? receivedAtMs - made : 0;
}
