/** The office's own word on an update that it has handed to the roads: its terms count before what any node tells of them. */
import type { FleetStore, FleetTransaction } from '../store/open-store.ts';
import { CountChanges } from './counts.ts';
import type { UpdateTerms } from './ledger-line.ts';
import { learnUpdates, theOffice } from './terms.ts';

export interface Publication {
  /** Of the manifest, which the caller has verified. */
  readonly terms: UpdateTerms;
  /** Of the whole parcel. */
  readonly bytes: number;
  readonly atMs: number;
  readonly byWhom: string;
  /** What became of each road: `backhaul`, `flood`, `usb`. */
  readonly roads: readonly { readonly road: string; readonly outcome: string }[];
  /** Looks before anything is written, in the same transaction: what it throws leaves everything as it was. */
  readonly check?: (transaction: FleetTransaction) => Promise<void>;
}

/** Again with the same road: the newer outcome counts. @throws FerrymanError `fleet.*` */
export function recordPublication(store: FleetStore, publication: Publication): Promise<void> {
  const { terms, bytes, atMs, byWhom, roads } = publication;
  const { digest } = terms;
  return store.alone(async (transaction) => {
    await publication.check?.(transaction);
    const counts = new CountChanges();
    const sorted = { ...terms, recipients: terms.recipients.toSorted() };
    await learnUpdates(transaction, [sorted], { who: theOffice, atMs }, counts);
    await transaction.updateTable('updates').set({ bytes }).where('digest', '=', digest).execute();
    await transaction
      .updateTable('updates')
      .set({ published_at: atMs })
      .where('digest', '=', digest)
      .where('published_at', 'is', null)
      .execute();
    for (const { road, outcome } of roads) {
      const row = { at: atMs, by_whom: byWhom, outcome };
      await transaction
        .insertInto('publications')
        .values({ digest, road, ...row })
        .onConflict((conflict) => conflict.columns(['digest', 'road']).doUpdateSet(row))
        .execute();
    }
    await counts.write(transaction);
  });
}
