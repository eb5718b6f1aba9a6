import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { PingListener } from '../../../src/flood/ping/listener.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { makeLedger } from '../../../src/ledger/open.ts';
import { signPing, type Ping } from '../../../src/parcel/ping.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { fixedKey } from '../../kit/office.ts';
import { enrolledNode, nodeTrust } from '../nodes.ts';

afterAll(removeFolders);

const sender = enrolledNode(7);
const near = { address: '10.0.0.7', isOnLink: true };
let ledger: Ledger;
let listener: PingListener;
const at = (): string => '2026-11-01T00:00:00Z';
let nowSeconds = 0;
beforeEach(() => {
  ledger = makeLedger(join(temporaryFolder(), 'ledger.sqlite'));
  listener = new PingListener(ledger.neighbours, enrolledNode(1).guid);
  nowSeconds = 1000;
});

function ping(terms: Partial<Ping> = {}, by = sender, line = by.line): Buffer {
  const all = {
    node: by.guid,
    incarnation: '00000000000000aa',
    counter: 1,
    port: 7822,
    holdings: '0'.repeat(16),
  };
  return signPing({ ...all, roster: 0, ...terms }, by.key, line);
}

const forgedPing = ping({ counter: 99 }, { ...sender, key: fixedKey(9) });

function hear(datagram: Buffer, from = near, trust = nodeTrust()): boolean {
  nowSeconds += 10;
  const clock = { nowSeconds, at };
  return listener.hear(datagram, from, () => trust, clock) !== undefined;
}

function refused(): Record<string, number> {
  listener.keepTally();
  return ledger.neighbours.refusedPings();
}

test('a ping of an enrolled node is believed, and its sender remembered', () => {
  expect(hear(ping())).toBe(true);
  expect(ledger.neighbours.all()).toMatchObject([
    { node: sender.guid, role: 'kiosk', address: '10.0.0.7:7822' },
  ]);
  expect(refused()).toStrictEqual({});
});

test('a ping is believed once, also by a daemon that was started anew', () => {
  const first = ping();
  expect(hear(first)).toBe(true);
  expect(hear(first)).toBe(false);
  listener = new PingListener(ledger.neighbours, enrolledNode(1).guid);
  expect(hear(first)).toBe(false);
  expect(hear(ping({ counter: 2 }))).toBe(true);
  expect(refused()).toStrictEqual({ replayed: 2 });
});

test('a ping of an incarnation before is not believed again after the node was set up anew', () => {
  const old = ping({ counter: 5 });
  expect(hear(old)).toBe(true);
  expect(hear(ping({ incarnation: '00000000000000bb' }))).toBe(true);
  expect(hear(old)).toBe(false);
});

test.for([
  ['oversize', Buffer.alloc(1201, 0x20)],
  ['malformed', Buffer.from('hello')],
  ['foreign', ping({}, enrolledNode(7, 'kiosk', fixedKey(0xc3)))],
  ['forged', ping({}, { ...sender, key: fixedKey(9) })],
  ['forged', ping({ node: enrolledNode(8).guid })],
] as const)('a ping that is %s costs a counter and nothing else', ([why, datagram]) => {
  expect(hear(datagram)).toBe(false);
  expect(refused()).toStrictEqual({ [why]: 1 });
  expect(ledger.neighbours.all()).toStrictEqual([]);
});

test('a ping from another network, and one of a revoked node, are not believed', () => {
  expect(hear(ping(), { ...near, isOnLink: false })).toBe(false);
  expect(hear(ping(), near, nodeTrust(7))).toBe(false);
  expect(refused()).toStrictEqual({ 'off-link': 1, revoked: 1 });
});

test('of a flood from one source few are looked at, and another source is heard all the same', () => {
  const clock = { nowSeconds, at };
  for (let count = 0; count < 1000; count++) listener.hear(Buffer.from('x'), near, nodeTrust, clock);
  expect(refused()).toStrictEqual({ limited: 996, malformed: 4 });
  expect(listener.hear(ping(), { address: '10.0.0.8', isOnLink: true }, nodeTrust, clock)).toMatchObject({
    address: '10.0.0.8',
  });
});

test('strangers without number do not drown a neighbour that was believed before', () => {
  expect(hear(ping())).toBe(true);
  let heard = 0;
  for (let second = 0; second < 20; second++) {
    for (let count = 0; count < 2000; count++) {
      const address = `10.${second}.${count >> 8}.${count & 255}`;
      const forged = count % 2 === 0 ? Buffer.from('x') : forgedPing;
      listener.hear(forged, { address, isOnLink: true }, nodeTrust, {
        nowSeconds,
        at,
      });
    }
    const clock = { nowSeconds: (nowSeconds += 2), at };
    if (listener.hear(ping({ counter: second + 2 }), near, nodeTrust, clock)) heard += 1;
  }
  expect(heard).toBe(20);
  const { limited = 0, malformed = 0, forged = 0 } = refused();
  expect(limited + malformed + forged).toBe(40_000);
  // Of 30 in a second, and 60 at once, a signature is checked.
  expect(forged).toBeLessThan(60 + 41 * 30);
  expect(ledger.neighbours.all()).toHaveLength(1);
});

test('own pings that come back are neither believed nor counted', () => {
  expect(hear(ping({}, enrolledNode(1)))).toBe(false);
  expect(refused()).toStrictEqual({});
});
