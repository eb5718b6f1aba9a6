/** Contacts of a node with its neighbours, as its archive tells them. */
import { addToRoads, countedContacts } from '../store/roads.ts';
import type { FleetTransaction } from '../store/open-store.ts';
import { inPortions } from '../store/portions.ts';
import { carryOver, neighboursOf } from './carried.ts';
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
  const known = new Set(counted.length === 0 ? [] : await neighboursOf(transaction, origin));
  const fresh = new Set(counted.map(({ peer }) => peer).filter((peer) => !known.has(peer)));
  await addToRoads(transaction, counted);
  for (const peer of fresh) await carryOver(transaction, [origin, peer], counts);
}

/** What brings times of the archive near the truth, where its clock is surely wrong: it was made after the enrolment and before it came. */
function clockShiftMs({ word, receivedAtMs }: SettledArchive): number {
  if (!word) return 0;
  const made = Date.parse(word.manifest.created);
  const isWrong = made > receivedAtMs || made < Date.parse(word.enrolment.created);
  return isWrong ? receivedAtMs - made : 0;
}
