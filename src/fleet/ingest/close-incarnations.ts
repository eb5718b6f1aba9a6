/** Incarnations that the office has closed (docs/format.md §13): what they have told is older than what any other has. */
import type { FleetStore, FleetTransaction } from '../store/open-store.ts';
import { CountChanges } from './counts.ts';
import { digestsOfSeveral, settleResults } from './results.ts';

export interface ClosedIncarnation {
  readonly origin: string;
  readonly incarnation: string;
}

/** @param closed all that are, of the newest roster @throws FerrymanError `fleet.*` */
export async function closeIncarnations(
  store: FleetStore,
  closed: readonly ClosedIncarnation[],
): Promise<void> {
  const wanted = new Set(closed.map(({ origin, incarnation }) => `${origin}/${incarnation}`));
  await store.alone(async (transaction) => {
    const rows = await transaction
      .selectFrom('incarnations')
      .select(['node', 'incarnation', 'closed'])
      .where((expression) =>
        expression.or([
          expression('closed', '=', 1),
          ...(closed.length === 0
            ? []
            : [
                expression(
                  'node',
                  'in',
                  closed.map(({ origin }) => origin),
                ),
              ]),
        ]),
      )
      .execute();
    const nodes = new Set<string>();
    for (const { node, incarnation, closed: before } of rows) {
      const after = wanted.has(`${node}/${incarnation}`) ? 1 : 0;
      if (before === after) continue;
      nodes.add(node);
      await transaction
        .updateTable('incarnations')
        .set({ closed: after })
        .where('node', '=', node)
        .where('incarnation', '=', incarnation)
        .execute();
    }
    const counts = new CountChanges();
    for (const node of nodes) await settleNode(transaction, node, counts);
    await counts.write(transaction, [...nodes]);
  });
}

async function settleNode(transaction: FleetTransaction, node: string, counts: CountChanges): Promise<void> {
  const rows = await transaction.selectFrom('incarnations').selectAll().where('node', '=', node).execute();
  const ranks = new Map(rows.map((row) => [row.incarnation, row]));
  const digests = await digestsOfSeveral(transaction, node);
  await settleResults(
    transaction,
    { node, ranks },
    new Map(digests.map((digest) => [digest, undefined])),
    counts,
  );
}
