/** Whatever the order in which archives come, and however often: the store ends up the same, and its counts are right. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { UpdateState } from '../../../src/plan/facts.ts';
import { onBothStores } from '../both-stores.ts';
import {
  contactLine,
  countsOf,
  everything,
  forgetAll,
  hourMs,
  ingest,
  kiosk,
  ledgerLine,
  someFacts,
  startMs,
  type Draft,
} from './archives.ts';

const ledgerStates: readonly UpdateState[] = [
  'received',
  'not-for-me',
  'waiting',
  'running',
  'succeeded',
  'failed',
  'superseded',
];
const incarnations = ['0'.repeat(16), 'f'.repeat(16)] as const;
const recipients = [['all'], ['role:kiosk'], ['group:north', kiosk(3)], []] as const;

const line = fc
  .record({
    update: fc.integer({ min: 1, max: 4 }),
    state: fc.constantFrom(...ledgerStates),
    cut: fc.boolean(),
  })
  .map(({ update, state, cut }) =>
    ledgerLine(update, state, {
      recipients: cut ? [] : recipients[update - 1],
      supersedes: update === 4 ? ['1-2'] : [],
    }),
  );

/** Names are used once: what a second content of one brings is another test's matter. */
const drafts: fc.Arbitrary<Draft[]> = fc.uniqueArray(
  fc.record({
    node: fc.constantFrom(kiosk(1), kiosk(2)),
    incarnation: fc.constantFrom(...incarnations),
    sequence: fc.integer({ min: 1, max: 5 }),
    receivedAtMs: fc.integer({ min: 0, max: 50 }).map((hours) => startMs + hours * hourMs),
    ledger: fc.array(line, { maxLength: 3 }),
    contacts: fc.array(fc.constant(contactLine(startMs)), { maxLength: 1 }),
    facts: fc.constantFrom(someFacts, { ...someFacts, groups: [] }),
  }),
  {
    minLength: 2,
    maxLength: 6,
    selector: ({ node, incarnation, sequence }) => `${node} ${incarnation} ${sequence}`,
  },
);

onBothStores((stores) => {
  it('is the same', async () => {
    const [store, other] = [await stores.open(), await stores.open()];
    await fc.assert(
      fc.asyncProperty(drafts, fc.infiniteStream(fc.nat()), async (archives, chance) => {
        await Promise.all([forgetAll(store), forgetAll(other)]);
        for (const archive of archives) await ingest(store, archive);
        const shuffled = [...archives, ...archives]
          .map((archive) => ({ archive, at: chance.next().value ?? 0 }))
          .toSorted((a, b) => a.at - b.at);
        for (const { archive } of shuffled) await ingest(other, archive);
        expect(await everything(other)).toEqual(await everything(store));
        const { kept, counted } = await countsOf(store);
        expect(kept).toEqual(counted);
      }),
      { numRuns: stores.dialect === 'sqlite' ? 30 : 4 },
    );
  });
});
