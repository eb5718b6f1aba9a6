import { expect, it } from 'vitest';
import type { FleetChanges, FleetQuestions } from '../../../src/fleet/facts/questions.ts';
import { everyNode, nodeMarks, nodeSorts, type NodeQuery } from '../../../src/fleet/node-query.ts';
import { fleetChanges } from '../../../src/fleet/questions/changes.ts';
import { fleetQuestions } from '../../../src/fleet/questions/fleet-questions.ts';
import { stateAt } from '../../../src/fleet/questions/lateness.ts';
import { nodeStates, worstResultsFirst } from '../../../src/fleet/states.ts';
import { failedStates, openStates } from '../../../src/fleet/store/states.ts';
import type { FleetStore, FleetStoreConfig } from '../../../src/fleet/store/open-store.ts';
import { onBothStores } from '../both-stores.ts';
import { day, digestOf, guidOf, madeAt, makeFleet } from './made-fleet.ts';

const size = { nodes: 120, updates: 6, contacts: 8 };
const all = { ...everyNode, size: 5000 };

async function inOne<Line>(portions: AsyncIterable<readonly Line[]>): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const portion of portions) lines.push(...portion);
  return lines;
}

onBothStores((stores) => {
  let store: FleetStore;
  let ask: FleetQuestions;
  let change: FleetChanges;
  let made: FleetStoreConfig | undefined;

  /** One fleet for all that only ask; tests that change it take another. */
  async function fleet(isShared = true): Promise<void> {
    const place = (isShared ? made : undefined) ?? (await stores.place());
    store = await stores.open(place);
    ask = fleetQuestions(store);
    change = fleetChanges(store);
    if (place === made) return;
    await makeFleet(store, size);
    if (isShared) made = place;
  }

  it('gives lists of any length in turn, as whole and in the same order as at once', async () => {
    const large = await stores.open();
    await makeFleet(large, { nodes: 520, updates: 1, contacts: 1 });
    const questions = fleetQuestions(large);
    const query = { ...all, update: '1', sort: 'disk', page: 1 } as const;
    const { total, portions } = await questions.nodesInTurn(query, madeAt);
    const sizes: number[] = [];
    const guids: string[] = [];
    for await (const nodes of portions) {
      sizes.push(nodes.length);
      guids.push(...nodes.map(({ guid }) => guid));
      expect(nodes.every(({ result }) => result !== null)).toBe(true);
    }
    expect([total, sizes]).toEqual([520, [250, 250, 20]]);
    const ordered = await large.db
      .selectFrom('nodes')
      .select('guid')
      .orderBy('disk_free_bytes')
      .orderBy('guid')
      .execute();
    expect(guids).toEqual(ordered.map(({ guid }) => guid));
    const second = await questions.nodesInTurn({ ...query, page: 2, size: 300 }, madeAt);
    const rest = (await inOne(second.portions)).map(({ guid }) => guid);
    expect([second.total, ...rest]).toEqual([520, ...guids.slice(300)]);

    const roads = await questions.roadsInTurn({ node: undefined, sort: 'last', page: 1, size: 5000 });
    const inTurn = await inOne(roads.portions);
    const { roads: atOnce } = await questions.roads({ node: undefined, sort: 'last', page: 1, size: 5000 });
    expect(inTurn).toHaveLength(roads.total);
    expect(inTurn).toEqual(atOnce);
    expect((await questions.nodesHeard()).toSorted((a, b) => (a.guid < b.guid ? -1 : 1))).toHaveLength(520);
  });

  it('gives every node one state, the same as the rules in words, and counts add up', async () => {
    await fleet();
    const rows = await store.db.selectFrom('nodes').selectAll().execute();
    const { nodes, total } = await ask.nodes(all, madeAt);
    const expected = rows.map((row) => {
      const heard = { heardAt: row.last_heard_at, rhythmSeconds: row.rhythm_seconds };
      return [row.guid, stateAt({ ...heard, state: row.state, pausedUntil: row.paused_until }, madeAt)];
    });
    expect(new Map(nodes.map((node) => [node.guid, node.state]))).toEqual(
      new Map(expected as [string, string][]),
    );
    const overview = await ask.overview(madeAt);
    expect([overview.total, total]).toEqual([size.nodes, size.nodes]);
    for (const state of nodeStates) {
      const listed = await ask.nodes({ ...all, states: [state] }, madeAt);
      expect([state, overview.states[state]]).toEqual([state, listed.total]);
      expect(listed.nodes.every((node) => node.state === state)).toBe(true);
    }
    expect(Object.values(overview.states).reduce((a, b) => a + b)).toBe(size.nodes);
  });

  it('grows worse only while nothing is heard, and nobody is late before anybody was heard', async () => {
    await fleet();
    const early = await ask.overview(madeAt - 1000 * day);
    expect([early.states.late, early.states.silent]).toEqual([0, 0]);
    const late = await ask.overview(madeAt + 1000 * day);
    expect([late.states.late, late.states.behind, late.states.current, late.states.paused]).toEqual([
      0, 0, 0, 0,
    ]);
    expect([early.freshness.isStale, late.freshness.isStale]).toEqual([false, true]);
  });

  it('filters by every kind at once, pages without losing or doubling anybody, whatever the order', async () => {
    await fleet();
    for (const sort of nodeSorts)
      for (const reverse of [false, true]) {
        const found: string[] = [];
        for (let page = 1; page <= 3; page++) {
          const { nodes } = await ask.nodes({ ...everyNode, sort, reverse, page, size: 50 }, madeAt);
          found.push(...nodes.map(({ guid }) => guid));
        }
        expect([sort, new Set(found).size, found.length]).toEqual([sort, size.nodes, size.nodes]);
      }
    const query: NodeQuery = {
      ...all,
      states: ['behind', 'late'],
      roles: ['kiosk'],
      groups: ['north', 'coast'],
      roads: ['flood', 'sms'],
      text: 'NODE-',
      update: '6',
      results: ['unseen', 'carried'],
    };
    const { nodes } = await ask.nodes(query, madeAt);
    expect(nodes.length).toBeGreaterThan(0);
    for (const node of nodes) {
      expect(['behind', 'late']).toContain(node.state);
      expect(node.groups.some((group) => group !== 'south')).toBe(true);
      expect(['unseen', 'carried']).toContain(node.result?.state);
    }
    for (const mark of nodeMarks)
      expect((await ask.nodes({ ...all, marks: [mark] }, madeAt)).total).toBeGreaterThan(0);
  });

  it('puts nodes first on which the update that is asked about went wrong, whatever they are otherwise', async () => {
    await fleet();
    const query: NodeQuery = { ...all, update: '6', sort: 'result' };
    const ranks = async (asked: NodeQuery): Promise<number[]> =>
      (await ask.nodes(asked, madeAt)).nodes.map(({ result }) =>
        worstResultsFirst.indexOf(result?.state ?? 'skipped'),
      );
    const usual = await ranks(query);
    expect(usual).toStrictEqual(usual.toSorted((a, b) => a - b));
    expect(new Set(usual).size).toBeGreaterThan(3);
    expect(await ranks({ ...query, reverse: true })).toStrictEqual(usual.toReversed());
    const without = await ask.nodes({ ...all, sort: 'result' }, madeAt);
    expect(without.nodes).toStrictEqual((await ask.nodes(all, madeAt)).nodes);
  });

  it.each(["' or 1=1 --", '%', '_', '\\', '"', "';drop table nodes;--"])(
    'takes %s for a text',
    async (text) => {
      await fleet();
      expect((await ask.nodes({ ...all, text }, madeAt)).total).toBe(0);
      await expect(ask.node(text, madeAt)).rejects.toMatchObject({ code: 'fleet.unknown' });
      await expect(ask.update(text, madeAt)).rejects.toMatchObject({ code: 'fleet.unknown' });
      expect((await ask.overview(madeAt)).total).toBe(size.nodes);
    },
  );

  it('tells what needs a person, one line for a cause, the worst first', async () => {
    await fleet();
    const needs = await ask.needsPerson(madeAt);
    expect(needs.map(({ kind }) => kind)).toEqual([
      'failed',
      'interrupted',
      'silent',
      'never-heard',
      'disk',
      'gap',
      'clock',
    ]);
    const [failed] = needs;
    expect(failed?.text).toMatch(/^update 6 "change-6" has failed on \d nodes$/);
    for (const need of needs) {
      const { total } = await ask.nodes({ ...(need.query ?? all), size: 5000 }, madeAt);
      expect([need.kind, total]).toEqual([need.kind, need.nodeCount]);
    }
  });

  it('tells of one node by its name, its GUID or the beginning of it', async () => {
    await fleet();
    const guid = guidOf(34);
    for (const who of ['node-34', guid, guid.slice(0, 13), guid.slice(0, 8).toUpperCase()])
      expect((await ask.node(who, madeAt)).guid).toBe(guid);
    const node = await ask.node(guid, madeAt);
    expect(node.history.map(({ sequence }) => sequence)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(node.incarnations[0]?.gaps).toMatchObject([
      { first: 6, last: 6, state: 'late' },
      { first: 7, last: 7, state: 'lost' },
    ]);
    expect([node.absent, node.lost]).toEqual([1, 1]);
    expect([node.undelivered, node.undeliveredBytes]).toEqual([4, 120_000]);
    expect(node.contacts[0]).toMatchObject({ peerRole: 'ferry', contacts: 6 });
    expect(node.meetings.length).toBeGreaterThanOrEqual(8);
    expect(node.meetings.map(({ nodeAt }) => nodeAt)).toEqual(
      node.meetings.map(({ nodeAt }) => nodeAt).toSorted((a, b) => b - a),
    );
    await expect(ask.node('0000', madeAt)).rejects.toMatchObject({ code: 'fleet.unknown' });
  });

  it('says what to put on a key: what the node lacks, and nothing that it has', async () => {
    await fleet();
    const { updates, command, bytes } = await ask.keyFor('node-7', madeAt);
    expect(updates.map(({ sequence, state }) => [sequence, state])).toEqual([
      [5, 'unseen'],
      [6, 'unseen'],
    ]);
    expect(bytes).toBe(11_000);
    expect(command).toContain('update-5.zip update-6.zip');
    expect((await ask.keyFor('node-8', madeAt)).updates).toEqual([]);
  });

  it('tells of one update who has it in which state, how that came about, and how it failed', async () => {
    await fleet();
    const update = await ask.update('6', madeAt);
    expect(update.digest).toBe(digestOf(6));
    expect((await ask.update(digestOf(6).slice(0, 12), madeAt)).sequence).toBe(6);
    expect(update.total).toBe(size.nodes);
    const { counts } = update;
    const end = update.curve.at(-1);
    expect(end?.at).toBe(madeAt);
    expect(end?.reached).toBe(size.nodes - counts.unseen - counts.carried);
    expect([end?.succeeded, end?.failed]).toEqual([counts.succeeded, counts.failed]);
    expect(update.failures.reduce((sum, { nodeCount }) => sum + nodeCount, 0)).toBe(counts.failed);
    expect(update.failures[0]).toMatchObject({ state: 'failed', nodeCount: 1 });
    const open = await ask.nodes(
      { ...all, update: '6', results: openStates, states: ['late', 'silent'] },
      madeAt,
    );
    expect(update.overdue).toBe(open.total);
    const failed = await ask.nodes({ ...all, update: '6', results: failedStates }, madeAt);
    expect(failed.nodes.map(({ result }) => result?.state)).toEqual(failed.nodes.map(() => 'failed'));
  });

  it('keeps two contents of one sequence apart', async () => {
    await fleet(false);
    const rival = { ...(await store.db.selectFrom('updates').selectAll().executeTakeFirstOrThrow()) };
    await store.db
      .insertInto('updates')
      .values({ ...rival, digest: 'a'.repeat(128), sequence: 6, told_by: guidOf(1) })
      .execute();
    const update = await ask.update('6', madeAt);
    expect([update.digest, update.rivals]).toEqual([digestOf(6), ['a'.repeat(128)]]);
    expect((await ask.needsPerson(madeAt))[0]).toMatchObject({ kind: 'equivocation', update: 6 });
  });

  it('asks nobody to look at a failure that a later success has mended', async () => {
    await fleet(false);
    await store.db.updateTable('updates').set({ supersedes: '["5"]' }).where('sequence', '=', 6).execute();
    const kinds = (await ask.needsPerson(madeAt)).map(({ kind }) => kind);
    expect(kinds).toContain('failed');
    expect(kinds).not.toContain('interrupted'); // update 5 was, on a node where 6 has succeeded
    await change.pause('node-1', madeAt + day);
    const [failed] = await ask.needsPerson(madeAt);
    expect(failed?.nodes.map(({ name }) => name)).not.toContain('node-1');
  });

  it('lists updates and roads in pages', async () => {
    await fleet();
    const first = await ask.updates({ page: 1, size: 4 });
    expect([first.total, first.updates.map(({ sequence }) => sequence)]).toEqual([6, [6, 5, 4, 3]]);
    expect(first.updates.every(({ total }) => total === size.nodes)).toBe(true);
    const roads = await ask.roads({ node: undefined, sort: 'contacts', page: 1, size: 10 });
    expect(roads.total).toBeGreaterThan(100);
    expect(roads.roads[0]).toMatchObject({ contacts: 6, bytesOut: 3000 });
    const sum = await ask.roads({ node: undefined, sort: 'bytes', page: 1, size: 5000 });
    expect(sum.roads.reduce((total, { contacts }) => total + contacts, 0)).toBe(size.nodes * size.contacts);
  });

  it('takes names, places and pauses, and refuses those that would mislead', async () => {
    await fleet(false);
    await change.describe('node-8', { name: 'Rampur "school" <b>' });
    expect((await ask.node('Rampur "school" <b>', madeAt)).guid).toBe(guidOf(8));
    expect((await ask.node('rampur "SCHOOL" <b>', madeAt)).guid).toBe(guidOf(8));
    const [own, other] = [guidOf(3).slice(0, 8), guidOf(3).slice(0, 9)];
    for (const name of [
      'node-9',
      'NODE-9',
      guidOf(3),
      own,
      other,
      'BEEF',
      '42',
      'a\nb',
      'x'.repeat(65),
      ' a',
    ])
      await expect(change.describe(guidOf(8), { name })).rejects.toMatchObject({ code: 'fleet.name' });
    const half = change.describe(guidOf(8), { name: 'half', place: 'x'.repeat(201) });
    await expect(half).rejects.toMatchObject({ code: 'fleet.name' });
    expect((await ask.node(guidOf(8), madeAt)).name).toBe('Rampur "school" <b>');
    await change.pause('node-9', madeAt + day);
    expect((await ask.node('node-9', madeAt)).state).toBe('paused');
    expect((await ask.node('node-9', madeAt + day)).state).not.toBe('paused');
    await change.pause('node-9', null);
    expect((await ask.node('node-9', madeAt)).pausedUntil).toBeNull();
    await change.describe('node-9', { place: 'Hill', note: 'key at the shop' });
    expect(await ask.node('node-9', madeAt)).toMatchObject({ place: 'Hill', note: 'key at the shop' });
  });

  it('answers for an empty fleet', async () => {
    const empty = fleetQuestions(await stores.open());
    const overview = await empty.overview(madeAt);
    expect(overview).toMatchObject({
      total: 0,
      needs: [],
      newest: null,
      freshness: { heardAt: null, archives: 0 },
    });
    expect((await empty.nodes(all, madeAt)).nodes).toEqual([]);
    expect((await empty.updates({ page: 1, size: 5 })).updates).toEqual([]);
  });
});
