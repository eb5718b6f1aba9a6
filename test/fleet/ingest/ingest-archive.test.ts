import { expect, it } from 'vitest';
import { addNodes } from '../../../src/fleet/ingest/add-nodes.ts';
import { fleetQuestions } from '../../../src/fleet/questions/fleet-questions.ts';
import type { NodeFacts } from '../../../src/parcel/node-facts.ts';
import type { UpdateState } from '../../../src/plan/facts.ts';
import { onBothStores } from '../both-stores.ts';
import {
  contactLine,
  countsOf,
  digestOf,
  everything,
  hourMs,
  ingest,
  ingestOne,
  kiosk,
  ledgerLine,
  settled,
  someFacts,
  startMs,
  states,
  type Draft,
} from './archives.ts';

function of(name: string, sequence: number, hours: number, state: UpdateState): Draft {
  return {
    incarnation: name.repeat(16),
    sequence,
    receivedAtMs: startMs + hours * hourMs,
    ledger: [ledgerLine(7, state)],
  };
}

onBothStores((stores) => {
  it('keeps what an archive tells of its node, its updates and its contacts', async () => {
    const store = await stores.open();
    const ingested = await ingest(store, {
      ledger: [ledgerLine(7, 'failed'), ledgerLine(8, 'waiting')],
      contacts: [contactLine(startMs)],
      facts: someFacts,
    });
    expect(ingested).toEqual({ outcome: 'ingested', badLines: 0, problem: '' });
    expect(await store.db.selectFrom('nodes').selectAll().execute()).toMatchObject([
      {
        guid: kiosk(1),
        role: 'kiosk',
        serial: 1,
        state: 'failed',
        open_count: 1,
        failed_count: 1,
        version: '1.2.3',
        groups: '["north"]',
        disk_free_bytes: 5,
        disk_total_bytes: 10,
        undelivered: 2,
        last_heard_at: startMs + hourMs,
        last_heard_road: 'flood',
        newest_sequence: 8,
        rhythm_seconds: null,
        clock_offset_seconds: -60,
      },
    ]);
    expect(await store.db.selectFrom('results').selectAll().orderBy('digest').execute()).toMatchObject([
      {
        digest: digestOf(7),
        state: 'failed',
        exit_status: 3,
        reason: 'failed 7',
        heard_at: startMs + hourMs,
      },
      { digest: digestOf(8), state: 'waiting', reason: 'waiting 8', road: 'flood' },
    ]);
    expect(await store.db.selectFrom('updates').selectAll().orderBy('digest').execute()).toMatchObject([
      { sequence: 7, title: 'Update 7', recipients: '["all"]' },
      { sequence: 8 },
    ]);
    expect(await store.db.selectFrom('contacts').selectAll().execute()).toMatchObject([
      { node: kiosk(1), peer: kiosk(99), at: startMs, node_at: startMs, bytes_in: 10, line: 0 },
    ]);
    expect(await store.db.selectFrom('incarnations').selectAll().execute()).toMatchObject([
      { held: '1', highest: 1, missing_count: 0, void_count: 0, facts_sequence: 1 },
    ]);
  });

  it('knows what a node tells of USB keys, and what it does not', async () => {
    const store = await stores.open();
    const ask = fleetQuestions(store);
    await ingest(store, { ledger: [ledgerLine(7, 'succeeded')], facts: someFacts });
    const [guid] = [kiosk(1)];
    expect(await ask.node(guid, startMs)).toMatchObject({
      usbKeys: null,
      usbVisits: null,
      key: { keys: null, passNeeded: true },
    });
    const visit = {
      at: '2026-11-21T08:00:00Z',
      state: 'safe',
      technician: 'Ravi',
      volume: 'A',
      found: 2,
      taken: 1,
    };
    const usb = { keys: 'any', visits: [visit] } as NonNullable<NodeFacts['usb']>;
    await ingest(store, { sequence: 2, facts: { ...someFacts, usb } });
    const { at, ...rest } = visit;
    expect(await ask.node(guid, startMs)).toMatchObject({
      usbKeys: 'any',
      usbVisits: [{ ...rest, nodeAt: Date.parse(at) }],
      key: { keys: 'any', passNeeded: false, command: 'ferryman usb prepare DEVICE' },
    });
  });

  it('calls an update carried where the node meets somebody who has it, and nowhere else', async () => {
    const store = await stores.open();
    await addNodes(
      store,
      [1, 2, 3, 9].map((n) => ({ guid: kiosk(n), role: 'kiosk' })),
      startMs,
    );
    await ingest(store, { node: kiosk(1), ledger: [ledgerLine(7, 'succeeded')] });
    expect(await states(store)).toEqual(['1/7 succeeded', '2/7 unseen', '3/7 unseen', '9/7 unseen']);
    // 9 is the ferry: 2 has met it, and only then it tells of the update.
    await ingest(store, { node: kiosk(2), contacts: [contactLine(startMs, kiosk(9))] });
    await ingest(store, { node: kiosk(9), ledger: [ledgerLine(7, 'waiting')] });
    expect(await states(store)).toEqual(['1/7 succeeded', '2/7 carried', '3/7 unseen', '9/7 waiting']);
    await ingest(store, { node: kiosk(9), sequence: 2, contacts: [contactLine(startMs, kiosk(3))] });
    expect(await states(store)).toEqual(['1/7 succeeded', '2/7 carried', '3/7 carried', '9/7 waiting']);
    // A node that becomes known later, and was met before.
    await ingest(store, { node: kiosk(9), sequence: 3, contacts: [contactLine(startMs, kiosk(4))] });
    await addNodes(store, [{ guid: kiosk(4), role: 'kiosk' }], startMs);
    expect(await states(store)).toContain('4/7 carried');
    const { kept, counted } = await countsOf(store);
    expect(kept).toEqual(counted);
  });

  it('takes the same archive once', async () => {
    const store = await stores.open();
    const draft = { ledger: [ledgerLine(7, 'succeeded')], contacts: [contactLine(startMs)] };
    await ingest(store, draft);
    const before = await everything(store);
    expect(await ingest(store, draft)).toMatchObject({ outcome: 'known' });
    expect(await everything(store)).toEqual(before);
  });

  it('does not let an older archive overwrite what a newer one has told', async () => {
    const store = await stores.open();
    await ingest(store, { sequence: 5, ledger: [ledgerLine(7, 'succeeded')] });
    await ingest(store, { sequence: 3, ledger: [ledgerLine(7, 'running')] });
    expect(await states(store)).toEqual(['1/7 succeeded']);
    expect(await store.db.selectFrom('incarnations').selectAll().execute()).toMatchObject([
      { held: '3,5', highest: 5, missing_count: 3 },
    ]);
  });

  it('enters an update for every node that it is for, and a node for every update', async () => {
    const store = await stores.open();
    await addNodes(
      store,
      [
        { guid: kiosk(2), role: 'kiosk' },
        { guid: kiosk(3), role: 'ferry' },
      ],
      startMs,
    );
    await ingest(store, {
      ledger: [
        ledgerLine(7, 'succeeded', { recipients: ['role:kiosk'] }),
        ledgerLine(8, 'not-for-me', { recipients: ['group:south', kiosk(4)] }),
      ],
    });
    expect(await states(store)).toEqual(['1/7 succeeded', '2/7 unseen']);
    await addNodes(
      store,
      [{ guid: kiosk(5), role: 'kiosk', groups: ['south'] }, { guid: kiosk(4) }],
      startMs,
    );
    expect(await states(store)).toEqual([
      '1/7 succeeded',
      '2/7 unseen',
      '4/8 unseen',
      '5/7 unseen',
      '5/8 unseen',
    ]);
    // Its own word on its groups counts before the office's.
    await ingest(store, { node: kiosk(5), facts: someFacts });
    expect(await states(store)).toEqual(['1/7 succeeded', '2/7 unseen', '4/8 unseen', '5/7 unseen']);
    const { kept, counted } = await countsOf(store);
    expect(kept).toEqual(counted);
  });

  it('knows a node by an update that names it once two have told of that', async () => {
    const store = await stores.open();
    const ledger = [ledgerLine(8, 'not-for-me', { recipients: [kiosk(4)] })];
    await ingest(store, { ledger });
    expect(await store.db.selectFrom('nodes').select('guid').execute()).toHaveLength(1);
    await ingest(store, { node: kiosk(2), ledger });
    expect(await states(store)).toEqual(['4/8 unseen']);
  });

  it('counts what it has been told by an update that turns out not to be for the node', async () => {
    const store = await stores.open();
    await addNodes(store, [{ guid: kiosk(2), role: 'kiosk' }], startMs);
    await ingest(store, { ledger: [ledgerLine(7, 'succeeded')] });
    await ingest(store, { node: kiosk(2), ledger: [ledgerLine(7, 'not-for-me')] });
    expect(await states(store)).toEqual(['1/7 succeeded']);
    await ingest(store, { node: kiosk(2), sequence: 2, ledger: [ledgerLine(7, 'waiting')] });
    expect(await states(store)).toEqual(['1/7 succeeded', '2/7 waiting']);
    const { kept, counted } = await countsOf(store);
    expect(kept).toEqual(counted);
  });

  it('believes the later incarnation of a node that was set up anew, whatever comes last', async () => {
    const store = await stores.open();
    const [old, anew] = ['f'.repeat(16), '0'.repeat(16)];
    await ingest(store, { incarnation: old, sequence: 1, ledger: [ledgerLine(6, 'succeeded')] });
    await ingest(store, {
      incarnation: anew,
      sequence: 1,
      receivedAtMs: startMs + 50 * hourMs,
      ledger: [ledgerLine(7, 'waiting')],
    });
    await ingest(store, {
      incarnation: old,
      sequence: 9,
      receivedAtMs: startMs + 60 * hourMs,
      ledger: [ledgerLine(7, 'failed')],
    });
    expect(await states(store)).toEqual(['1/6 succeeded', '1/7 waiting']);
    // An archive of the new one that came first tells that it is the older.
    await ingest(store, { incarnation: anew, sequence: 2, receivedAtMs: startMs - hourMs });
    expect(await states(store)).toEqual(['1/6 succeeded', '1/7 failed']);
    const { kept, counted } = await countsOf(store);
    expect(kept).toEqual(counted);
  });

  it('ranks incarnations anew though the archive that turns them tells an older word', async () => {
    const [a1, b5, b3] = [of('a', 1, 50, 'failed'), of('b', 5, 60, 'succeeded'), of('b', 3, 40, 'waiting')];
    for (const order of [
      [a1, b5, b3],
      [b3, b5, a1],
      [b5, a1, b3],
    ]) {
      const store = await stores.open();
      for (const archive of order) await ingest(store, archive);
      expect(await states(store)).toEqual(['1/7 failed']);
    }
  });

  it('keeps the first of two contents under one name, and the name of the other', async () => {
    const store = await stores.open();
    await ingest(store, { ledger: [ledgerLine(7, 'succeeded')] });
    const forged = { digest: 'e'.repeat(128), ledger: [ledgerLine(7, 'failed')] };
    expect(await ingest(store, forged)).toMatchObject({ outcome: 'fork' });
    expect(await ingest(store, forged)).toMatchObject({ outcome: 'fork' });
    expect(await states(store)).toEqual(['1/7 succeeded']);
    expect(await store.db.selectFrom('forks').selectAll().execute()).toMatchObject([
      { node: kiosk(1), sequence: 1, digest: 'e'.repeat(128) },
    ]);
  });

  it('counts no failure that a later success has made good', async () => {
    const store = await stores.open();
    await ingest(store, { sequence: 2, ledger: [ledgerLine(9, 'succeeded', { supersedes: ['1-7'] })] });
    await ingest(store, { sequence: 1, ledger: [ledgerLine(7, 'failed'), ledgerLine(8, 'interrupted')] });
    expect(await store.db.selectFrom('nodes').selectAll().execute()).toMatchObject([{ failed_count: 1 }]);
    await ingest(store, { sequence: 3, ledger: [ledgerLine(8, 'succeeded')] });
    expect(await store.db.selectFrom('nodes').selectAll().execute()).toMatchObject([
      { failed_count: 0, state: 'current' },
    ]);
  });

  it('hears a node whose archive does not unpack', async () => {
    const store = await stores.open();
    const archive = { ...settled({}), word: undefined, problem: 'expected a tar' };
    expect(await ingestOne(store, archive, undefined)).toMatchObject({ outcome: 'ingested' });
    expect(await store.db.selectFrom('archives').selectAll().execute()).toMatchObject([
      { state: 'unreadable', problem: 'expected a tar', node_created_at: null },
    ]);
    expect(await store.db.selectFrom('nodes').selectAll().execute()).toMatchObject([
      { state: 'current', role: null, last_heard_at: startMs + hourMs },
    ]);
  });

  it('takes an archive that did not unpack once it does', async () => {
    const draft = { ledger: [ledgerLine(7, 'failed')], contacts: [contactLine(startMs)] };
    const [store, other] = [await stores.open(), await stores.open()];
    await ingestOne(store, { ...settled(draft), word: undefined, problem: 'no zip' }, undefined);
    expect((await ingest(store, draft)).outcome).toBe('ingested');
    expect((await ingest(store, draft)).outcome).toBe('known');
    await ingest(other, draft);
    expect(await everything(store)).toEqual(await everything(other));
  });

  it('reckons the rhythm from the pauses between hearings, not between archives', async () => {
    const store = await stores.open();
    for (const [sequence, hours] of [
      [1, 0],
      [2, 0.01],
      [3, 24],
      [4, 48],
      [5, 48.1],
      [6, 78],
    ] as const)
      await ingest(store, { sequence, receivedAtMs: startMs + hours * hourMs });
    expect(await store.db.selectFrom('nodes').selectAll().execute()).toMatchObject([
      { rhythm_seconds: 24.1 * 3600, last_heard_at: startMs + 78 * hourMs },
    ]);
  });

  it('tells what a node has lost from what is missing', async () => {
    const store = await stores.open();
    await ingest(store, {
      sequence: 9,
      voids: [
        { first: 2, last: 4 },
        { first: 6, last: 6 },
      ],
    });
    await ingest(store, { sequence: 6 });
    expect(await store.db.selectFrom('incarnations').selectAll().execute()).toMatchObject([
      { held: '6,9', voids: '2-4,6', highest: 9, missing_count: 4, void_count: 3 },
    ]);
  });

  it('sees that a clock is wrong, and sets the times of contacts right', async () => {
    const store = await stores.open();
    const received = startMs + hourMs;
    await ingest(store, {
      createdMs: 0,
      receivedAtMs: received,
      contacts: [contactLine(3600_000 - 600_000)],
    });
    await ingest(store, { node: kiosk(2), createdMs: received + 86_400_000, receivedAtMs: received });
    expect(await store.db.selectFrom('nodes').selectAll().orderBy('guid').execute()).toMatchObject([
      { clock_offset_seconds: -received / 1000 },
      { clock_offset_seconds: 86_400 },
    ]);
    expect(await store.db.selectFrom('contacts').selectAll().execute()).toMatchObject([
      { node_at: 3000_000, at: received },
    ]);
  });
});
