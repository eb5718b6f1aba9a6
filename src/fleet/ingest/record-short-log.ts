/**
 * A short log that has come by SMS or another quick road. Its sender has been proven by the caller. It says what the next archive says
 * too: it fills the time until then, and changes nothing that an archive has told later.
 */
import { isGuid } from '../../parcel/recipients.ts';
import type { FleetStore, FleetTransaction } from '../store/open-store.ts';
import type { ResultState } from '../states.ts';
import { cleanText } from './clean-text.ts';
import { CountChanges } from './counts.ts';
import { knowNodes } from './know-nodes.ts';
import { noteHeard } from './node-row.ts';
import { settleResults } from './results.ts';

export interface ShortLog {
  /** GUID of the node that has sent it. */
  readonly node: string;
  /** Of the update. */
  readonly sequence: number;
  readonly state: ResultState;
  readonly text: string;
  /** By what road, in one word. */
  readonly road: string;
  /** By the node's clock; `null`: it does not say. */
  readonly nodeAtMs: number | null;
  readonly receivedAtMs: number;
  /** Counted by the node over all that it sends this way. */
  readonly counter: number;
}

/** Characters of a text that are kept. */
const maxText = 500;

/** @returns `known`: one with this counter is here, and nothing is changed @throws FerrymanError `fleet.*` */
export function recordShortLog(store: FleetStore, shortLog: ShortLog): Promise<'recorded' | 'known'> {
  const { node, sequence, state, road, counter } = shortLog;
  if (!isGuid(node)) throw new RangeError(`expected a GUID, found ${cleanText(node, 80)}`);
  return store.alone(async (transaction) => {
    const known = await transaction
      .selectFrom('short_logs')
      .select('id')
      .where('node', '=', node)
      .where('counter', '=', counter)
      .executeTakeFirst();
    if (known) return 'known';
    const counts = new CountChanges();
    await knowNodes(transaction, [node], shortLog.receivedAtMs, counts);
    await transaction
      .insertInto('short_logs')
      .values({
        node,
        sequence,
        state,
        road,
        counter,
        text: cleanText(shortLog.text, maxText),
        node_at: shortLog.nodeAtMs,
        received_at: shortLog.receivedAtMs,
      })
      .execute();
    await noteHeard(transaction, node, { enrolment: undefined, facts: undefined, sequences: [sequence] });
    await settleSequence(transaction, node, sequence, counts);
    await counts.write(transaction, [node]);
    return 'recorded';
  });
}

async function settleSequence(
  transaction: FleetTransaction,
  node: string,
  sequence: number,
  counts: CountChanges,
): Promise<void> {
  const rows = await transaction
    .selectFrom('results')
    .innerJoin('updates', 'updates.digest', 'results.digest')
    .select('results.digest')
    .where('results.node', '=', node)
    .where('updates.sequence', '=', sequence)
    .execute();
  const ranks = new Map(
    (await transaction.selectFrom('incarnations').selectAll().where('node', '=', node).execute()).map(
      (row) => [row.incarnation, row],
    ),
  );
  const digests = new Map(rows.map(({ digest }) => [digest, undefined]));
  await settleResults(transaction, { node, ranks }, digests, counts);
}
