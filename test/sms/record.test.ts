/** Believed texts in the fleet store: each once, known at once, whatever lives a node's counter has had. */
import { expect, test } from 'vitest';
import type { BelievedSms } from '../../src/sms/receive.ts';
import { recorderFor, type Recorder } from '../../src/sms/record.ts';
import { onBothStores } from '../fleet/both-stores.ts';

const node = '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11';

function believed(counter: number, changes: Partial<BelievedSms['text']> = {}): BelievedSms {
  return {
    node,
    receivedAtMs: 1_000_000 + counter,
    text: {
      node: '9f1c1d5e',
      name: '',
      sequence: 42,
      state: 'failed',
      how: 'exit 3',
      words: `text ${counter}`,
      incarnation: 'a3f9',
      counter,
      checked: '',
      check: '',
      ...changes,
    },
  };
}

onBothStores((stores) => {
  const recorder = async (): Promise<Recorder & { readonly texts: () => Promise<string[]> }> => {
    const place = await stores.place();
    const made = recorderFor(place);
    const store = await stores.open(place);
    const texts = async (): Promise<string[]> =>
      (await store.db.selectFrom('short_logs').select('text').orderBy('id').execute()).map(
        ({ text }) => text,
      );
    return { ...made, texts };
  };

  test('a text is recorded once, by the road sms, and the node was heard', async () => {
    const place = await stores.place();
    const store = await stores.open(place);
    const made = recorderFor(place);
    expect([await made.record(believed(1)), await made.record(believed(1))]).toEqual(['taken', 'known']);
    await made.close();
    const rows = await store.db.selectFrom('short_logs').selectAll().execute();
    expect(rows).toMatchObject([
      { node, sequence: 42, state: 'failed', text: 'exit 3: text 1', road: 'sms', received_at: 1_000_001 },
    ]);
  });

  test('texts out of order all count; one from before the window does not', async () => {
    const { record, texts, close } = await recorder();
    const outcomes: string[] = [];
    for (const counter of [300, 298, 299, 298, 45, 44, 300]) outcomes.push(await record(believed(counter)));
    expect(outcomes).toEqual(['taken', 'taken', 'taken', 'known', 'taken', 'old', 'known']);
    expect(await texts()).toHaveLength(4);
    await close();
  });

  test('a node whose ledger was made anew counts from one again', async () => {
    const { record, texts, close } = await recorder();
    await record(believed(1));
    expect(await record(believed(1, { incarnation: 'zzzz' }))).toBe('taken');
    expect(await record(believed(1, { incarnation: 'zzzz' }))).toBe('known');
    expect(await texts()).toHaveLength(2);
    await close();
  });

  test('a text of an update whose manifest nobody could read is recorded too', async () => {
    const { record, texts, close } = await recorder();
    expect(await record(believed(1, { sequence: null, state: 'refused', how: '' }))).toBe('taken');
    expect(await texts()).toEqual(['text 1']);
    await close();
  });

  test('a counter beyond all reason is not believed, and spoils nothing', async () => {
    const { record, close } = await recorder();
    expect(await record(believed(Number.MAX_SAFE_INTEGER))).toBe('old');
    expect(await record(believed(1))).toBe('taken');
    await close();
  });
});
