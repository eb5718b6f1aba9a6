/** Archives that an error of ours has kept out of the store: marked, so that their proxy enters them once that is mended. */
import type { FleetStore, FleetTransaction } from '../store/open-store.ts';
import { cleanText } from './clean-text.ts';
import type { SettledArchive } from './settled-archive.ts';

export interface NotEntered {
  readonly origin: string;
  readonly incarnation: string;
  readonly sequence: number;
}

/** Characters of a problem that are kept. */
const maxText = 500;
/** Marks that one start tries. */
const maxTried = 10_000;

/** @throws FerrymanError `fleet.*` */
export function markNotEntered(store: FleetStore, archive: SettledArchive, problem: string): Promise<void> {
  const { origin, incarnation, sequence, proxy, receivedAtMs } = archive;
  const text = cleanText(problem, maxText);
  return store.alone(async (transaction) => {
    await transaction
      .insertInto('not_entered')
      .values({ node: origin, incarnation, sequence, proxy, since_at: receivedAtMs, problem: text })
      .onConflict((conflict) =>
        conflict.columns(['node', 'incarnation', 'sequence']).doUpdateSet({ problem: text, proxy }),
      )
      .execute();
  });
}

export async function unmark(
  transaction: FleetTransaction,
  { origin, incarnation, sequence }: NotEntered,
): Promise<void> {
  await transaction
    .deleteFrom('not_entered')
    .where('node', '=', origin)
    .where('incarnation', '=', incarnation)
    .where('sequence', '=', sequence)
    .execute();
}

/** Those that one proxy holds, the oldest first. @throws FerrymanError `fleet.*` */
export function notEnteredOf(store: FleetStore, proxy: string): Promise<NotEntered[]> {
  return store.ask((db) =>
    db
      .selectFrom('not_entered')
      .select(['node as origin', 'incarnation', 'sequence'])
      .where('proxy', '=', proxy)
      .orderBy('since_at')
      .orderBy('node')
      .orderBy('sequence')
      .limit(maxTried)
      .execute(),
  );
}
