/** Short logs fill the time until an archive comes; publications are the office's own word; what is old goes. */
import { expect, it } from 'vitest';
import { closeIncarnations } from '../../../src/fleet/ingest/close-incarnations.ts';
import { recordPublication } from '../../../src/fleet/ingest/record-publication.ts';
import { recordShortLog, type ShortLog } from '../../../src/fleet/ingest/record-short-log.ts';
import { fleetQuestions } from '../../../src/fleet/questions/fleet-questions.ts';
import { pruneFleetStore } from '../../../src/fleet/store/prune.ts';
import { onBothStores } from '../both-stores.ts';
import {
  contactLine,
  countsOf,
  digestOf,
  hourMs,
  ingest,
  kiosk,
  ledgerLine,
  startMs,
  states,
} from './archives.ts';

function shortLog(changes: Partial<ShortLog> = {}): ShortLog {
  return {
    node: kiosk(1),
    sequence: 7,
    state: 'succeeded',
    text: 'done',
    road: 'sms',
    nodeAtMs: startMs + 5 * hourMs,
    receivedAtMs: startMs + 6 * hourMs,
    counter: 1,
    ...changes,
  };
}

function arrived(hours: number): Partial<ShortLog> {
  return { nodeAtMs: null, receivedAtMs: startMs + hours * hourMs };
}

const terms = {
  digest: digestOf(7),
  sequence: 7,
  title: 'As signed',
  recipients: ['all'],
  signers: [],
  created: '2026-10-01T00:00:00Z',
  expires: null,
  script: 'run.sh',
  supersedes: [],
};

onBothStores((stores) => {
  it('tells how an update ended before the archive does', async () => {
    const store = await stores.open();
    await ingest(store, { ledger: [ledgerLine(7, 'running')] });
    expect(await recordShortLog(store, shortLog())).toBe('recorded');
    expect(await recordShortLog(store, shortLog({ state: 'failed' }))).toBe('known');
    expect(await states(store)).toEqual(['1/7 succeeded']);
    expect(await store.db.selectFrom('nodes').selectAll().execute()).toMatchObject([
      { last_heard_road: 'sms', last_heard_at: startMs + 6 * hourMs, state: 'current' },
    ]);
    const { kept, counted } = await countsOf(store);
    expect(kept).toEqual(counted);
  });

  it('changes nothing that an archive has told of a later time, in either order', async () => {
    const at = '2026-11-01T06:00:00Z';
    const later = ledgerLine(7, 'failed', { transitions: [{ state: 'failed', reason: '', at }] });
    for (const first of ['archive', 'short log']) {
      const store = await stores.open();
      await ingest(store, { sequence: 1, ledger: [ledgerLine(7, 'running')] });
      if (first === 'short log') await recordShortLog(store, shortLog());
      await ingest(store, { sequence: 2, ledger: [later] });
      if (first === 'archive') await recordShortLog(store, shortLog());
      expect(await states(store)).toEqual(['1/7 failed']);
    }
  });

  it('comes too late once an archive has told how the update has ended', async () => {
    const store = await stores.open();
    const late = shortLog({ state: 'interrupted', nodeAtMs: null, receivedAtMs: startMs + 90 * hourMs });
    await ingest(store, { sequence: 1, ledger: [ledgerLine(7, 'succeeded'), ledgerLine(8, 'interrupted')] });
    await recordShortLog(store, late);
    await recordShortLog(store, { ...late, sequence: 8, counter: 2, state: 'succeeded' });
    expect(await states(store)).toEqual(['1/7 succeeded', '1/8 succeeded']);
  });

  it('shows its own text, and nothing that an archive has told of another run', async () => {
    const store = await stores.open();
    const deferred = {
      exitStatus: 75,
      shortLogs: [{ createdAt: '2026-11-01T00:00:00Z', text: 'somebody is here' }],
    };
    await ingest(store, { ledger: [ledgerLine(7, 'deferred', deferred)] });
    const line = async (): Promise<unknown> =>
      (await fleetQuestions(store).node(kiosk(1), startMs)).history[0];
    expect(await line()).toMatchObject({ exitStatus: 75 });
    await recordShortLog(
      store,
      shortLog({ state: 'failed', nodeAtMs: null, receivedAtMs: startMs + 90 * hourMs }),
    );
    expect(await line()).toMatchObject({ state: 'failed', reason: 'done', exitStatus: null, lastLine: '' });
    expect((await fleetQuestions(store).update(digestOf(7), startMs)).failures).toMatchObject([
      { exitStatus: null, lastLine: '', nodeCount: 1, nodes: [{ guid: kiosk(1) }] },
    ]);
  });

  it('is newer in the life that was heard later, whatever the names of lives', async () => {
    const store = await stores.open();
    await ingest(store, { ledger: [ledgerLine(7, 'waiting')] });
    const life = 2 ** 33;
    await recordShortLog(store, shortLog({ ...arrived(6), counter: 9 * life + 1, state: 'interrupted' }));
    await recordShortLog(store, shortLog({ ...arrived(7), counter: 2 * life + 2, state: 'succeeded' }));
    await recordShortLog(store, shortLog({ ...arrived(8), counter: 2 * life + 1, state: 'failed' }));
    await recordShortLog(store, shortLog({ ...arrived(9), counter: 9 * life + 2, state: 'failed' }));
    expect(await states(store)).toEqual(['1/7 succeeded']);
  });

  it('counts once the update is known, when it came first', async () => {
    const store = await stores.open();
    await recordShortLog(store, shortLog());
    expect(await states(store)).toEqual([]);
    await recordPublication(store, { terms, bytes: 9, atMs: startMs, byWhom: 'anna', roads: [] });
    expect(await states(store)).toEqual(['1/7 unseen']);
    await recordShortLog(store, shortLog({ counter: 2, state: 'failed' }));
    expect(await states(store)).toEqual(['1/7 failed']);
  });

  it('shows a publication as the office has signed it, whatever a node tells', async () => {
    const store = await stores.open();
    await ingest(store, {
      ledger: [ledgerLine(7, 'succeeded', { title: 'Forged', recipients: [kiosk(1)] })],
    });
    await ingest(store, { node: kiosk(2) });
    const roads = [{ road: 'flood', outcome: 'handed over' }];
    await recordPublication(store, { terms, bytes: 9, atMs: startMs, byWhom: 'anna', roads });
    await recordPublication(store, { terms, bytes: 9, atMs: startMs + 1, byWhom: 'bert', roads });
    expect(await store.db.selectFrom('updates').selectAll().execute()).toMatchObject([
      { title: 'As signed', bytes: 9, published_at: startMs, told_by: 'office' },
    ]);
    expect(await store.db.selectFrom('publications').selectAll().execute()).toMatchObject([
      { road: 'flood', by_whom: 'bert', at: startMs + 1 },
    ]);
    expect(await states(store)).toEqual(['1/7 succeeded', '2/7 unseen']);
  });

  it('believes an incarnation that the office has closed less than any other', async () => {
    const store = await stores.open();
    const [old, anew] = ['a'.repeat(16), 'b'.repeat(16)];
    await ingest(store, { incarnation: anew, receivedAtMs: startMs, ledger: [ledgerLine(7, 'waiting')] });
    await ingest(store, {
      incarnation: old,
      receivedAtMs: startMs + hourMs,
      ledger: [ledgerLine(7, 'failed')],
    });
    expect(await states(store)).toEqual(['1/7 failed']);
    await closeIncarnations(store, [{ origin: kiosk(1), incarnation: old }]);
    expect(await states(store)).toEqual(['1/7 waiting']);
    await closeIncarnations(store, []);
    expect(await states(store)).toEqual(['1/7 failed']);
    const { kept, counted } = await countsOf(store);
    expect(kept).toEqual(counted);
  });

  it('forgets old contacts and short logs, and no result', async () => {
    const store = await stores.open();
    await ingest(store, {
      ledger: [ledgerLine(7, 'running')],
      contacts: [contactLine(startMs), contactLine(startMs)],
    });
    for (const counter of [0, 1])
      await recordShortLog(
        store,
        shortLog({
          counter,
          state: 'running',
          nodeAtMs: startMs + 4 * hourMs,
          receivedAtMs: startMs + 4 * hourMs,
        }),
      );
    await recordShortLog(store, shortLog({ counter: 2 }));
    const retention = { contactDays: 30, shortLogDays: 30 };
    const year = startMs + 365 * 24 * hourMs;
    const none = { contacts: 0, shortLogs: 0, isDone: true };
    expect(await pruneFleetStore(store, retention, startMs)).toEqual(none);
    const one = { rows: 1, portions: 1 };
    const inOne = { contacts: 1, shortLogs: 1, isDone: false };
    expect(await pruneFleetStore(store, retention, year, one)).toEqual(inOne);
    expect(await pruneFleetStore(store, retention, year, { rows: 1 })).toEqual({ ...inOne, isDone: true });
    expect(await pruneFleetStore(store, retention, year)).toEqual(none);
    expect(await states(store)).toEqual(['1/7 succeeded']);
    expect(await store.db.selectFrom('short_logs').select('counter').execute()).toEqual([{ counter: 2 }]);
  });
});
