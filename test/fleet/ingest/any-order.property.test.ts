/** Whatever the order in which archives come, and however often: the store ends up the same, and its counts are right. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { UpdateState } from '../../../src/plan/facts.ts';
import type { FleetStore } from '../../../src/fleet/store/open-store.ts';
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
    contacts: fc.array(
      fc.integer({ min: 1, max: 3 }).map((peer) => contactLine(startMs, kiosk(peer))),
      { maxLength: 1 },
    ),
    facts: fc.constantFrom(someFacts, { ...someFacts, groups: [] }),
  }),
  {
    minLength: 2,
    maxLength: 6,
    selector: ({ node, incarnation, sequence }) => `${node} ${incarnation} ${sequence}`,
  },
);

async function carriedNow(store: FleetStore): Promise<string[]> {
  const rows = await store.db.selectFrom('results').selectAll().where('state', '=', 'carried').execute();
  return rows.map(({ node, digest }) => `${node} ${digest}`).toSorted();
}

/** Of what a node has not told, that which somebody holds whom it has met, by the word of either. */
async function carriedByDefinition({ db }: FleetStore): Promise<string[]> {
  const results = await db.selectFrom('results').selectAll().execute();
  const isUntold = ({ state }: (typeof results)[number]): boolean => ['unseen', 'carried'].includes(state);
  const held = await db.selectFrom('holders').selectAll().execute();
  const holders = [...results.filter((row) => !isUntold(row)), ...held];
  const roads = await db.selectFrom('roads').selectAll().execute();
  const haveMet = (a: string, b: string): boolean =>
    roads.some(({ node, peer }) => (node === a && peer === b) || (node === b && peer === a));
  return results
    .filter(isUntold)
    .filter(({ node, digest }) => holders.some((one) => one.digest === digest && haveMet(one.node, node)))
    .map(({ node, digest }) => `${node} ${digest}`)
    .toSorted();
}

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
        expect(await carriedNow(store)).toEqual(await carriedByDefinition(store));
        const { kept, counted } = await countsOf(store);
        expect(kept).toEqual(counted);
      }),
      { numRuns: stores.dialect === 'sqlite' ? 30 : 4 },
    );
  });
});
