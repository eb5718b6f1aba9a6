/** Cut off at any statement of an archive's transaction, the store has nothing of it; `test/crash/proxy-steps.test.ts` kills the program. */
import type { KyselyPlugin } from 'kysely';
import { expect, it } from 'vitest';
import type { FleetStore } from '../../../src/fleet/store/open-store.ts';
import { onBothStores } from '../both-stores.ts';
import { contactLine, everything, ingest, ledgerLine, someFacts, startMs, type Draft } from './archives.ts';

const second: Draft = {
  sequence: 2,
  ledger: [ledgerLine(7, 'succeeded'), ledgerLine(8, 'failed'), ledgerLine(9, 'not-for-me')],
  contacts: [contactLine(startMs)],
  facts: someFacts,
};

/** The same store, whose connection fails when so many statements are done. */
function failingAfter(store: FleetStore, statements: number): FleetStore {
  let left = statements;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (left === 0) throw new Error('cut off');
      left -= 1;
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
  return { ...store, alone: (work) => store.alone((transaction) => work(transaction.withPlugin(plugin))) };
}

onBothStores((stores) => {
  it('has all of an archive or nothing', async () => {
    const store = await stores.open();
    await ingest(store, { ledger: [ledgerLine(7, 'running')] });
    const before = await everything(store);
    let statements = 0;
    for (; ; statements++) {
      const cut = await ingest(failingAfter(store, statements), second).then(
        () => false,
        () => true,
      );
      if (!cut) break;
      expect(await everything(store)).toEqual(before);
    }
    expect(statements).toBeGreaterThan(20);
    expect(await everything(store)).not.toEqual(before);
  });
});
