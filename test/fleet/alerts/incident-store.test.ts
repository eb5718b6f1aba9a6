/** Incidents in the store: what each road knows of each, and who of several machines tells. */
import { expect, test } from 'vitest';
import { decideIncidents } from '../../../src/fleet/alerts/decide.ts';
import { incidentKinds, type Finding } from '../../../src/fleet/alerts/incident.ts';
import { IncidentStore } from '../../../src/fleet/alerts/incident-store.ts';
import { LeaseStore } from '../../../src/fleet/alerts/lease-store.ts';
import { storeSource } from '../../../src/fleet/alerts/store-source.ts';
import { readFindings } from '../../../src/fleet/alerts/findings.ts';
import { onBothStores } from '../both-stores.ts';

const finding = (subject: string, changes: Partial<Finding> = {}): Finding => ({
  kind: 'silent',
  subject,
  text: `${subject} is silent`,
  count: 1,
  sinceAt: 500,
  isCovered: false,
  ...changes,
});

function find(store: IncidentStore, findings: readonly Finding[], nowMs: number): Promise<unknown> {
  return store.update((lasting) => decideIncidents(findings, lasting), nowMs);
}

onBothStores((stores) => {
  const open = async (): Promise<IncidentStore> => new IncidentStore(await stores.open());
  test('begin once, change, and end; a later one of the same name is another', async () => {
    const store = await open();
    await find(store, [finding('a'), finding('b')], 1000);
    await find(store, [finding('a', { text: 'still', count: 7 })], 2000);
    expect(await store.open()).toEqual([
      {
        id: 1,
        kind: 'silent',
        subject: 'a',
        text: 'still',
        count: 7,
        sinceAt: 500,
        openedAt: 1000,
        closedAt: null,
      },
    ]);
    await find(store, [finding('b')], 3000);
    expect((await store.open()).map(({ id, subject }) => [id, subject])).toEqual([[3, 'b']]);
  });

  test('of thousands each road is told each once, others not at all', async () => {
    const store = await open();
    await store.lane('one', 0);
    const many = Array.from({ length: 1500 }, (_, n) => finding(`n${n}`));
    await find(store, many, 1000);
    const first = await store.untold('one', incidentKinds, 4000);
    expect(first).toHaveLength(1000);
    await store.setTold('one', { opened: first.map(({ incident }) => incident), closed: [] }, 1500);
    expect(await store.untold('one', incidentKinds, 4000)).toHaveLength(500);
    await store.lane('two', 2000);
    expect(await store.untold('two', incidentKinds, 4000)).toHaveLength(1000);
    expect(await store.untold('two', ['fork'], 4000)).toEqual([]);
    await find(store, [], 2500);
    const [over] = await store.untold('one', incidentKinds, 4000);
    expect(over).toMatchObject({ isOpeningTold: true, isClosingTold: false, incident: { closedAt: 2500 } });
  }, 60_000);

  test('what was over before a road was there is not its business', async () => {
    const store = await open();
    await find(store, [finding('a'), finding('b')], 1000);
    await find(store, [finding('b')], 2000);
    await store.lane('late', 3000);
    const known = await store.untold('late', incidentKinds, 4000);
    expect(known.map(({ incident }) => incident.subject)).toEqual(['b']);
  });

  test('what begins again and again is told three times a day, and then when it lasts', async () => {
    const store = await open();
    await store.lane('one', 0);
    const minute = 60_000;
    const hour = 60 * minute;
    for (let nth = 0; nth < 50; nth++) {
      await find(store, [finding('restless')], nth * 20 * minute);
      await find(store, nth === 49 ? [finding('restless')] : [], (nth * 20 + 10) * minute);
    }
    const end = 49 * 20 * minute;
    const told = async (ms: number): Promise<number[]> =>
      (await store.untold('one', incidentKinds, ms)).map(({ incident }) => incident.openedAt / minute);
    expect(await told(end + 59 * minute)).toEqual([0, 20, 40]);
    expect(await told(end + hour)).toEqual([0, 20, 40, end / minute]);
    // A day later it is news again, and others are told of at once.
    await find(store, [], end + 2 * hour);
    await find(store, [finding('restless'), finding('other')], end + 30 * hour);
    expect(await told(end + 30 * hour)).toEqual([0, 20, 40, 980, 2780, 2780]);
  });

  test('a road that fails is kept so, until it takes a message', async () => {
    const store = await open();
    await store.lane('one', 0);
    await store.setFailing({ name: 'one', failures: 3, problem: 'no answer', retryAt: 9000 });
    expect(await store.lane('one', 5000)).toMatchObject({ failures: 3, problem: 'no answer', retryAt: 9000 });
    await store.setTold('one', { opened: [], closed: [] }, 9500);
    expect(await store.lane('one', 9600)).toMatchObject({ failures: 0, retryAt: null, lastToldAt: 9500 });
  });

  test('one of several holds the lease, until it is over or given up', async () => {
    const store = new LeaseStore(await stores.open(await stores.place()));
    const take = (holder: string, nowMs: number): Promise<boolean> =>
      store.take('alerts', holder, nowMs, 100);
    expect([await take('a', 0), await take('b', 50), await take('a', 90), await take('b', 150)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(await take('b', 191)).toBe(true);
    await store.end('alerts', 'a');
    expect(await take('a', 195)).toBe(false);
    await store.end('alerts', 'b');
    expect(await take('a', 196)).toBe(true);
  });

  test('a lease that a clock in the future has made is free', async () => {
    const store = new LeaseStore(await stores.open(await stores.place()));
    expect(await store.take('alerts', 'from 2030', 1_000_000, 100)).toBe(true);
    expect(await store.take('alerts', 'now', 1000, 100)).toBe(true);
    expect(await store.take('alerts', 'a little ahead', 1050, 100)).toBe(false);
  });

  test('of two that take it at the same time one has it', async () => {
    const place = await stores.place();
    const both = [new LeaseStore(await stores.open(place)), new LeaseStore(await stores.open(place))];
    const taken = await Promise.all(both.map((store, n) => store.take('alerts', String(n), 0, 100)));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  test('are found in the facts of the store; in an empty one nothing is wrong', async () => {
    expect(await readFindings(storeSource(await stores.open()), Date.now())).toEqual([]);
  });
});
