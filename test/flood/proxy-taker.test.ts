/** What a proxy takes of neighbours, and what it says of it. */
import { appendFileSync, chmodSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { ProxyTaker } from '../../src/flood/proxy-taker.ts';
import { Strikes } from '../../src/flood/pool/strikes.ts';
import { Cover } from '../../src/flood/decide/cover.ts';
import type { PoolNotes } from '../../src/ledger/pool-notes.ts';
import { FerrymanError } from '../../src/errors.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { archive, incarnation, kioskGuid, ProxyDesk } from '../proxy/proxy-desk.ts';

afterAll(removeFolders);

test('an archive that is held and cannot be read is told, and not asked for again', async () => {
  const desk = new ProxyDesk();
  const proxy = await desk.open({
    unpack: () => Promise.reject(new FerrymanError('proxy.unreadable', 'no tar')),
  });
  const quarantine = {
    folder: desk.root,
    notes: {} as PoolNotes,
    now: () => '2026-11-01T00:00:00Z',
    strikes: new Strikes(),
  };
  const told: string[] = [];
  const taker = new ProxyTaker(proxy, desk.root, quarantine, ({ code }) => told.push(code));
  const [path = ''] = desk.give(archive());
  const named = { origin: kioskGuid(1), incarnation, sequence: 1, class: 'long', bytes: 300 } as const;
  const refused = { cover: new Cover(), closed: new Set(''), revoked: new Set(''), quarantined: new Set('') };
  const intake = await taker.begin();
  expect(await intake.take([{ path, archive: named }], refused, kioskGuid(2))).toBe(1);
  expect(told).toEqual(['proxy.unreadable']);
  expect(taker.of(named)).toEqual({ short: [], long: [{ first: 1, last: 1 }] });
  proxy.close();
});

test('an archive that is lost before it was unpacked is fetched again', async () => {
  const desk = new ProxyDesk();
  const proxy = await desk.open({
    unpack: (path) => {
      chmodSync(path, 0o600);
      appendFileSync(path, 'rot');
      return Promise.reject(new FerrymanError('proxy.unreadable', 'no tar'));
    },
  });
  const told: string[] = [];
  const quarantine = {
    folder: desk.root,
    notes: {} as PoolNotes,
    now: () => '2026-11-01T00:00:00Z',
    strikes: new Strikes(),
  };
  const taker = new ProxyTaker(proxy, desk.root, quarantine, ({ code }) => told.push(code));
  const [path = ''] = desk.give(archive());
  const named = { origin: kioskGuid(1), incarnation, sequence: 1, class: 'long', bytes: 300 } as const;
  const refused = { cover: new Cover(), closed: new Set(''), revoked: new Set(''), quarantined: new Set('') };
  const intake = await taker.begin();
  expect(await intake.take([{ path, archive: named }], refused, kioskGuid(2))).toBe(0);
  expect(told).toEqual(['proxy.store-damaged']);
  expect(taker.of(named)).toEqual({ short: [], long: [] });
  expect(quarantine.strikes.times(kioskGuid(2))).toBe(0);
  proxy.close();
});

test('room that one neighbour was promised is not promised to another, until the first has ended', async () => {
  const desk = new ProxyDesk();
  const proxy = await desk.open();
  const quarantine = { folder: desk.root, notes: {} as PoolNotes, now: () => '', strikes: new Strikes() };
  const taker = new ProxyTaker(proxy, desk.root, quarantine, () => undefined);
  const most = {
    origin: kioskGuid(1),
    incarnation,
    sequence: 1,
    class: 'long',
    bytes: taker.free * 0.7,
  } as const;
  const [one, other] = [await taker.begin(), await taker.begin()];
  expect(one.admit(most)).toBe(true);
  expect(other.admit(most)).toBe(false);
  one.end();
  expect(other.admit(most)).toBe(true);
  proxy.close();
});
