/** How many updates have failed on a node: those that an update which succeeded there supersedes are over. */
import { contains } from '../../parcel/sequence-sets.ts';
import { parseRange } from '../../parcel/sequences.ts';
import type { ResultState } from '../states.ts';
import type { FleetTransaction } from '../store/open-store.ts';
import { failedStates } from '../store/states.ts';

/** Whether a result in this state, or leaving it, can change the number. */
export function mayCountAsFailure(state: ResultState | undefined): boolean {
  return state !== undefined && (state === 'succeeded' || failedStates.includes(state));
}

export async function countFailures(transaction: FleetTransaction, node: string): Promise<void> {
  const rows = await transaction
    .selectFrom('results')
    .innerJoin('updates', 'updates.digest', 'results.digest')
    .select(['results.state', 'updates.sequence', 'updates.supersedes'])
    .where('results.node', '=', node)
    .where((builder) =>
      builder.or([
        builder('results.state', 'in', [...failedStates]),
        builder.and([
          builder('results.state', '=', 'succeeded'),
          builder('updates.supersedes', '!=', '[]'),
          // Of what one node alone makes up without end nothing is read.
          builder('updates.spread', '>', 0),
        ]),
      ]),
    )
    .execute();
  const superseded = rows
    .filter(({ state }) => state === 'succeeded')
    .map(({ supersedes }) => (JSON.parse(supersedes) as string[]).flatMap((text) => parseRange(text) ?? []));
  const failed = rows.filter(
    ({ state, sequence }) =>
      state !== 'succeeded' && !superseded.some((set) => sequence !== null && contains(set, sequence)),
  );
  await transaction
    .updateTable('nodes')
    .set({ failed_count: failed.length })
    .where('guid', '=', node)
    .execute();
}
