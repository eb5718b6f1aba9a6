/** A node that is enrolled and lies: it may spoil what is told of itself, and hides, shadows or stops nothing that is of others. */
import { expect, it } from 'vitest';
import { recordShortLog } from '../../../src/fleet/ingest/record-short-log.ts';
import { fleetQuestions } from '../../../src/fleet/questions/fleet-questions.ts';
import { everyNode } from '../../../src/fleet/node-query.ts';
import type { FleetStore } from '../../../src/fleet/store/open-store.ts';
import { onBothStores } from '../both-stores.ts';
import { contactLine, digestOf, hourMs, ingest, kiosk, ledgerLine, startMs, states } from './archives.ts';

const liar = kiosk(1);
const most = Number.MAX_SAFE_INTEGER;
const now = startMs + 40 * hourMs;

function madeUp(nth: number): string {
  return `e${nth.toString(16).padStart(127, '0')}`;
}

/** Update 7 has failed on two honest nodes. */
async function honest(store: FleetStore): Promise<void> {
  for (const node of [kiosk(2), kiosk(3)]) await ingest(store, { node, ledger: [ledgerLine(7, 'failed')] });
}

onBothStores((stores) => {
  it('hides no failure behind those that it makes up, and is no news of the fleet', async () => {
    const store = await stores.open();
    await honest(store);
    await ingest(store, {
      node: liar,
      ledger: Array.from({ length: 8 }, (_, nth) =>
        ledgerLine(1, 'failed', { sequence: most - nth, digest: madeUp(nth), recipients: [liar] }),
      ),
    });
    const ask = fleetQuestions(store);
    const needs = (await ask.needsPerson(now)).filter(({ kind }) => kind === 'failed');
    expect(needs.map(({ update }) => update)).toEqual([7, most, most - 1, most - 2, most - 3, most - 4]);
    expect((await ask.overview(now)).newest?.sequence).toBe(7);
    expect((await ask.updates({ page: 1, size: 2 })).updates.map(({ sequence }) => sequence)).toEqual([
      7,
      most,
    ]);
  });

  it('is one line, with its name, however many second contents it makes up', async () => {
    const store = await stores.open();
    await honest(store);
    const rivals = [7, 8, 8, 9, 9].map((sequence, nth) =>
      ledgerLine(1, 'received', { sequence, digest: madeUp(nth), recipients: [liar] }),
    );
    await ingest(store, { node: liar, ledger: rivals });
    const needs = await fleetQuestions(store).needsPerson(now);
    expect(needs.filter(({ kind }) => kind === 'equivocation')).toMatchObject([
      {
        text: `${liar} alone tells of another content under 3 updates, the last of them 9: somebody has signed twice, or that node lies`,
        update: null,
        nodes: [{ guid: liar }],
      },
    ]);
  });

  it('shadows no update, neither by its sequence nor by the beginning of its digest', async () => {
    const store = await stores.open();
    const twin = `${digestOf(7).slice(0, 100)}${'e'.repeat(28)}`;
    await ingest(store, { node: liar, ledger: [ledgerLine(7, 'received', { digest: twin, title: 'Lie' })] });
    await honest(store);
    const ask = fleetQuestions(store);
    for (const which of ['7', digestOf(7).slice(0, 16)]) {
      expect((await ask.update(which, now)).digest).toBe(digestOf(7));
      expect((await ask.nodes({ ...everyNode, update: which, results: ['failed'] }, now)).total).toBe(2);
    }
    expect((await ask.update(twin, now)).title).toBe('Lie');
  });

  it('takes no short log of another from the update that it is about', async () => {
    const store = await stores.open();
    const terms = { recipients: ['all'] };
    for (const node of [kiosk(2), kiosk(3)])
      await ingest(store, { node, ledger: [ledgerLine(7, 'received', terms)] });
    await ingest(store, { node: kiosk(4) });
    await ingest(store, {
      node: liar,
      ledger: [ledgerLine(7, 'received', { ...terms, digest: madeUp(7) })],
    });
    const shortLog = { node: kiosk(4), sequence: 7, state: 'succeeded' as const, text: 'done', road: 'sms' };
    await recordShortLog(store, { ...shortLog, nodeAtMs: null, receivedAtMs: now, counter: 1 });
    expect(await states(store)).toContain('4/7 succeeded');
  });

  it('makes no page fail with numbers beyond what a database adds up', async () => {
    const store = await stores.open();
    await honest(store);
    const contacts = [1, 2].map((nth) =>
      contactLine(startMs + nth).replace('"bytesIn":10', `"bytesIn":${most}`),
    );
    for (const sequence of [1, 2]) {
      const taken = await ingest(store, { node: liar, sequence, contacts: Array(600).fill(contacts[0]) });
      expect(taken).toMatchObject({ outcome: 'ingested', badLines: 0 });
    }
    const row = await store.db
      .selectFrom('incarnations')
      .selectAll()
      .where('node', '=', liar)
      .executeTakeFirstOrThrow();
    const rows = Array.from({ length: 1100 }, (_, nth) => ({
      ...row,
      incarnation: nth.toString(16).padStart(16, '0'),
      highest: most,
      missing_count: most - 1,
      void_count: most - 1,
    }));
    for (let first = 0; first < rows.length; first += 100)
      await store.db
        .insertInto('incarnations')
        .values(rows.slice(first, first + 100))
        .execute();
    const ask = fleetQuestions(store);
    const { nodes } = await ask.nodes({ ...everyNode, sort: 'name' }, now);
    expect(nodes.map(({ absent }) => absent > most)).toEqual([true, false, false]);
    expect((await ask.overview(now)).total).toBe(3);
    expect((await ask.node(liar, now)).lost).toBeGreaterThan(most);
    const { roads } = await ask.roads({ node: liar, sort: 'bytes', page: 1, size: 5 });
    expect(roads).toMatchObject([{ contacts: 1200, bytesIn: most, bytesOut: 24_000 }]);
  });

  it('fills the store neither with peers nor with updates that nobody else knows', async () => {
    const store = await stores.open();
    await ingest(store, {
      node: liar,
      contacts: Array.from({ length: 2100 }, (_, nth) => contactLine(startMs, kiosk(1000 + nth))),
    });
    await ingest(store, { node: liar, sequence: 2, contacts: [contactLine(startMs, kiosk(1000))] });
    const roads = await fleetQuestions(store).roads({ node: undefined, sort: 'contacts', page: 1, size: 1 });
    expect(roads).toMatchObject({ total: 2000, roads: [{ contacts: 2 }] });

    await ingest(store, { node: liar, sequence: 3, ledger: [ledgerLine(8, 'received')] });
    const { digest: _, ...row } = await store.db.selectFrom('updates').selectAll().executeTakeFirstOrThrow();
    const rows = Array.from({ length: 1998 }, (__, nth) => ({ ...row, digest: madeUp(nth), spread: 0 }));
    for (let first = 0; first < rows.length; first += 500)
      await store.db
        .insertInto('updates')
        .values(rows.slice(first, first + 500))
        .execute();
    const last = { node: liar, sequence: 4, ledger: [20, 21, 22].map((nth) => ledgerLine(nth, 'failed')) };
    expect(await ingest(store, last)).toMatchObject({ badLines: 2, problem: /no other node knows/ });
    expect(await store.db.selectFrom('archives').select('bad_lines').execute()).toContainEqual({
      bad_lines: 2,
    });
    // What another tells of too is no invention.
    await ingest(store, { node: kiosk(2), ledger: [ledgerLine(22, 'failed')] });
    await ingest(store, { node: liar, sequence: 5, ledger: [ledgerLine(22, 'failed')] });
    expect((await states(store)).filter((one) => one.endsWith('/22 failed'))).toHaveLength(2);
  });

  it('leaves room for what a node tells of its own meetings', async () => {
    const store = await stores.open();
    const own = { node: kiosk(2), contacts: [contactLine(startMs, kiosk(99))] };
    await ingest(store, own);
    await ingest(store, {
      node: liar,
      contacts: Array.from({ length: 600 }, (_, nth) => contactLine(startMs + 60_000 + nth * 1000, kiosk(2))),
    });
    const { meetings } = await fleetQuestions(store).node(kiosk(2), now);
    expect(meetings.map(({ peer }) => peer.guid)).toContain(kiosk(99));
    expect(meetings).toHaveLength(500);
  });
});
