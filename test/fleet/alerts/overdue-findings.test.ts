/** What an office with 800 kiosks is told when nothing is heard: the cause, once. */
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/fleet/alerts/incident.ts';
import {
  excusedFromSilence,
  overdueFindings,
  type Hearing,
  type OverdueNode,
} from '../../../src/fleet/alerts/overdue-findings.ts';
import { readHearing } from '../../../src/fleet/alerts/read-hearing.ts';
import { addNodes } from '../../../src/fleet/ingest/add-nodes.ts';
import { fleetQuestions } from '../../../src/fleet/questions/fleet-questions.ts';
import { onBothStores } from '../both-stores.ts';
import { guidOf } from '../questions/made-fleet.ts';
import { nobodyOverdue } from './hearing.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 10, 21, 12);

/** A kiosk that a bus passes every day. */
function kiosk(name: string, heardDaysAgo: number, carrier: string | null = null): OverdueNode {
  return { guid: name, name, heardAt: now - heardDaysAgo * day, rhythmSeconds: 86_400, carrier };
}

function fleet(changes: Partial<Hearing>): Hearing {
  return { ...nobodyOverdue, expected: 800, perDay: 800, lastHeardAt: now - 60_000, ...changes };
}

function late(count: number): OverdueNode[] {
  return Array.from({ length: count }, (_, n) => kiosk(`k${n}`, 4));
}

/** Those that begin an incident: `late a`. */
function told(hearing: Hearing, at = now): string[] {
  return overdueFindings(hearing, at)
    .filter(({ isCovered }) => !isCovered)
    .map(({ kind, subject }) => `${kind} ${subject}`.trim());
}

describe('a node that is not heard', () => {
  test('is told of when it is late, and again when it has been silent for long', () => {
    expect(told(fleet({ overdue: [kiosk('a', 4)] }))).toEqual(['late a']);
    expect(told(fleet({ overdue: [kiosk('a', 15)] }))).toEqual(['late a', 'silent a']);
    const [first] = overdueFindings(fleet({ overdue: [kiosk('a', 4)] }), now);
    expect(first).toMatchObject({
      text: 'a is late: not heard, it usually is every 24 hours',
      sinceAt: now - 4 * day,
    });
  });

  test('is not told of when its ferry is late too: that is one', () => {
    const overdue = [kiosk('ferry', 4), kiosk('a', 4, 'ferry'), kiosk('b', 4, 'ferry')];
    expect(told(fleet({ overdue }))).toEqual(['late ferry']);
  });

  test('is one of many when many are: the cause is nearer', () => {
    expect(told(fleet({ overdue: late(40) }))).toHaveLength(40);
    expect(told(fleet({ overdue: late(41) }))).toEqual(['late']);
    expect(overdueFindings(fleet({ overdue: late(41) }), now)[0]?.text).toBe(
      '41 of 800 nodes are late at once: look for what they share, a ferry, a gateway or a proxy',
    );
    // It lasts until there are half as many, and nobody is told one by one meanwhile.
    expect(told(fleet({ overdue: late(30), isManyOpen: true }))).toEqual([]);
    expect(told(fleet({ overdue: late(20), isManyOpen: true }))).toHaveLength(20);
    expect(kindsOf(overdueFindings(fleet({ overdue: late(30), isManyOpen: true }), now))).toContain('late ');
  });

  test.each([0, 1, 7])('in a fleet of %i that is heard as always says nothing', (expected) => {
    expect(told(fleet({ expected, perDay: expected, lastHeardAt: now - day }))).toEqual([]);
  });
});

function kindsOf(findings: readonly Finding[]): string[] {
  return findings.map(({ kind, subject }) => `${kind} ${subject}`);
}

describe('when nothing comes in from anybody', () => {
  const all = Array.from({ length: 800 }, (_, n) => kiosk(`k${n}`, 20));

  test('that is told, and of no node that it is late or silent', () => {
    const hearing = fleet({ overdue: all, lastHeardAt: now - 20 * day });
    expect(told(hearing)).toEqual(['stale']);
    expect(excusedFromSilence(hearing, now).size).toBe(800);
    expect(overdueFindings(hearing, now)[0]).toMatchObject({
      sinceAt: now - 20 * day,
      text: 'nothing has come in from any of 800 nodes for 20 days: look at the proxy and its road first, "ferryman status" there',
    });
  });

  test('it is not, where so few are expected that two days without a word are usual', () => {
    const weekly = { expected: 3, perDay: 3 / 7, lastHeardAt: now - 5 * day };
    expect(told(fleet(weekly))).toEqual([]);
    expect(told(fleet({ ...weekly, lastHeardAt: now - 24 * day }))).toEqual(['stale']);
  });

  test('nor of one node alone, which is late itself', () => {
    const alone = { expected: 1, perDay: 1, lastHeardAt: now - 20 * day, overdue: [kiosk('a', 20)] };
    expect(told(fleet(alone))).toEqual(['late a', 'silent a']);
  });

  test('nobody is blamed for that time afterwards, and is for the time that follows', () => {
    const outages = [{ from: now - 20 * day, until: now - day }];
    expect(told(fleet({ overdue: all, outages }))).toEqual([]);
    expect(told(fleet({ overdue: [kiosk('a', 23)], outages }))).toEqual(['late a']);
    expect(
      told(fleet({ overdue: [kiosk('a', 23)], outages, lastHeardAt: now + 11 * day }), now + 11 * day),
    ).toEqual(['late a', 'silent a']);
  });
});

function never(count: number): Hearing['never'] {
  return Array.from({ length: count }, (_, n) => ({ guid: `n${n}`, name: '', knownAt: 0 }));
}

describe('a node that was never heard', () => {
  test('is told of; of a whole list at once', () => {
    expect(told(fleet({ never: never(2) }))).toEqual(['never-heard n0', 'never-heard n1']);
    expect(told(fleet({ never: never(21) }))).toEqual(['never-heard']);
  });
});

onBothStores((stores) => {
  test('knows who is overdue, what the fleet is used to, and who was never heard', async () => {
    const store = await stores.open();
    const nodes = [1, 2, 3, 4].map((n) => ({ guid: guidOf(n), name: `n${n}`, role: 'kiosk' }));
    await addNodes(store, nodes, now - 31 * day);
    const heard = (n: number, daysAgo: number): Promise<unknown> =>
      store.db
        .updateTable('nodes')
        .set({ last_heard_at: now - daysAgo * day, rhythm_seconds: 86_400, state: 'failed' })
        .where('guid', '=', guidOf(n))
        .execute();
    await heard(1, 4);
    await heard(2, 1);
    await store.db
      .insertInto('incidents')
      .values({ kind: 'stale', subject: '', text: '', since_at: 1, opened_at: 2, closed_at: now - day })
      .execute();
    expect(await readHearing(store.db, now)).toEqual({
      overdue: [
        { guid: guidOf(1), name: 'n1', rhythmSeconds: 86_400, carrier: null, heardAt: now - 4 * day },
      ],
      expected: 2,
      perDay: 2,
      lastHeardAt: now - day,
      never: [3, 4]
        .map((n) => ({ guid: guidOf(n), name: `n${n}`, knownAt: now - 31 * day }))
        .toSorted((a, b) => (a.guid < b.guid ? -1 : 1)),
      outages: [{ from: 1, until: now - day }],
      isManyOpen: false,
    });
    const needs = await fleetQuestions(store).needsPerson(now);
    expect(needs.map(({ kind, nodeCount }) => [kind, nodeCount])).toEqual([['never-heard', 2]]);
    // A month is given to a machine on its way to its place.
    expect((await readHearing(store.db, now - 2 * day)).never).toEqual([]);
  });
});
