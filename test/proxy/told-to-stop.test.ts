/** A proxy that is told to stop finishes what it has begun, and nothing else: the next start does the rest. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import { takeLock } from '../../src/host/lock.ts';
import { unpackArchive } from '../../src/proxy/readable/unpack-archive.ts';
import type { Work } from '../../src/proxy/proxy.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { archive, ProxyDesk, trust } from './proxy-desk.ts';

let desk: ProxyDesk;
let stop: AbortController;

beforeEach(() => {
  desk = new ProxyDesk();
  stop = new AbortController();
});

afterAll(removeFolders);

const road = { how: 'test', links: 'refuse' } as const;
const five = [1, 2, 3, 4, 5].map((sequence) => archive({ sequence }));

/** What a proxy acknowledges that is opened anew and finishes. */
async function heldAfterwards(): Promise<unknown> {
  const proxy = await desk.open();
  await proxy.finish();
  await proxy.acknowledge('now');
  proxy.close();
  return (await desk.ack()).origins[0]?.held;
}

test('in the middle of unpacking, it enters what is unpacked and leaves the rest waiting', async () => {
  let unpacked = 0;
  const proxy = await desk.open({
    stop: stop.signal,
    unpack: (path, folder) => {
      unpacked += 1;
      if (unpacked === 2) stop.abort();
      return unpackArchive(path, folder, () => Promise.resolve());
    },
  });
  await proxy.takeIn(desk.give(...five), road);
  await proxy.acknowledge('now');
  proxy.close();
  expect(unpacked).toBe(2);
  expect((await desk.ack()).origins[0]?.held).toEqual([{ first: 1, last: 2 }]);
  expect(await heldAfterwards()).toEqual([{ first: 1, last: 5 }]);
});

test('as it begins to take in, it takes nothing and says nothing of it, and so it does from then on', async () => {
  const work: Work[] = [];
  let asked = 0;
  const proxy = await desk.open({
    // Asked for as the first turn begins.
    trust: () => {
      asked += 1;
      stop.abort();
      return trust;
    },
    stop: stop.signal,
  });
  const given = desk.give(...five);
  await proxy.takeIn(given, road, (one) => work.push(one));
  await proxy.takeIn(given, road, (one) => work.push(one));
  proxy.close();
  expect(asked).toBe(1);
  expect(work).toEqual([{ taken: [], unreadable: [] }]);
});

test('while another works in the store, it waits no longer', async () => {
  const proxy = await desk.open({ stop: stop.signal });
  const lock = takeLock(desk.places.lockFile);
  const waiting = proxy.takeIn(desk.give(...five), road);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'lock.held' });
  lock?.release();
  proxy.close();
});
