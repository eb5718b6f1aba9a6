/** Believed texts into the fleet store: each once, whatever order they come in. The store is opened with the first of them. */
import { recordShortLog } from '../fleet/ingest/record-short-log.ts';
import { countersPerLife } from '../fleet/ingest/short-log-order.ts';
import { resultStateOf } from '../fleet/store/states.ts';
import { openFleetStore, type FleetStore, type FleetStoreConfig } from '../fleet/store/open-store.ts';
import { emptyWindow, judgeCounter, type CounterWindow } from './counter-window.ts';
import type { BelievedSms, Recorded, SmsReceiver } from './receive.ts';
import { digits32, type SmsText } from './text.ts';

export interface Recorder {
  readonly record: SmsReceiver['record'];
  readonly close: () => Promise<void>;
}

export function recorderFor(config: FleetStoreConfig): Recorder {
  let store: FleetStore | undefined;
  return {
    record: async (text) => record((store ??= await openFleetStore(config)), text),
    close: async () => store?.close(),
  };
}

/**
 * The text first, then that its counter was seen: cut in between, it is known when it comes again.
 *
 * @throws FerrymanError `fleet.*`
 */
async function record(store: FleetStore, { node, text, receivedAtMs }: BelievedSms): Promise<Recorded> {
  const life = `${node}/${text.incarnation}`;
  const judged = judgeCounter(await readWindow(store, life), text.counter);
  if (judged.kind !== 'new') return judged.kind === 'seen' ? 'known' : 'old';
  if (text.counter >= countersPerLife) return 'old';
  const recorded = await recordShortLog(store, {
    node,
    sequence: text.sequence ?? 0,
    state: resultStateOf(text.state) ?? 'skipped',
    text: text.how === '' ? text.words : `${text.how}: ${text.words}`,
    road: 'sms',
    nodeAtMs: null,
    receivedAtMs,
    counter: storedCounter(text),
  });
  await writeWindow(store, life, judged.window);
  return recorded === 'recorded' ? 'taken' : 'known';
}

/** The store knows one counter of a node: lives stand side by side in it. */
function storedCounter({ incarnation, counter }: SmsText): number {
  const life = Array.from(incarnation).reduce((sum, digit) => sum * 32 + digits32.indexOf(digit), 0);
  return life * countersPerLife + counter;
}

async function readWindow(store: FleetStore, life: string): Promise<CounterWindow> {
  const row = await store.transaction((transaction) =>
    transaction.selectFrom('sms_counters').selectAll().where('node', '=', life).executeTakeFirst(),
  );
  return row ? { highest: row.highest, seen: row.window } : emptyWindow;
}

async function writeWindow(store: FleetStore, life: string, { highest, seen }: CounterWindow): Promise<void> {
  await store.transaction((transaction) =>
    transaction
      .insertInto('sms_counters')
      .values({ node: life, highest, window: seen })
      .onConflict((conflict) => conflict.column('node').doUpdateSet({ highest, window: seen }))
      .execute(),
  );
}
