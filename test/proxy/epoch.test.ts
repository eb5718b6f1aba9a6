/** A store that was put back from an old copy, or made anew, acknowledges nothing until the office has enrolled the proxy anew. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { judgeOwnAck, readEpoch, underEnrolment } from '../../src/proxy/epoch.ts';
import { FerrymanError } from '../../src/errors.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { archive, ProxyDesk, proxyGuid } from './proxy-desk.ts';

let desk: ProxyDesk;

beforeEach(() => {
  desk = new ProxyDesk();
});

afterAll(removeFolders);

async function codeOfTake(...archives: readonly Buffer[]): Promise<string | undefined> {
  const proxy = await desk.open();
  try {
    await desk.take(proxy, ...archives);
    return undefined;
  } catch (error) {
    if (error instanceof FerrymanError) return error.code;
    throw error;
  } finally {
    proxy.close();
  }
}

/** Two archives are acknowledged; then the store is as it was after the first. */
async function putBack(): Promise<void> {
  await codeOfTake(archive({ sequence: 1 }));
  const copy = temporaryFolder();
  cpSync(desk.layout.state, copy, { recursive: true });
  await codeOfTake(archive({ sequence: 2 }));
  const newest = readFileSync(join(desk.places.acks, `${proxyGuid}.0.zip`));
  rmSync(desk.layout.state, { recursive: true });
  cpSync(copy, desk.layout.state, { recursive: true });
  // The exchange takes the newest acknowledgement of a shard from any neighbour, whoever the proxy is.
  rmSync(join(desk.places.acks, `${proxyGuid}.0.zip`));
  writeFileSync(join(desk.places.acks, `${proxyGuid}.0.zip`), newest);
}

test('an old copy of the store is found out by what a neighbour brings, and archives are still kept', async () => {
  await putBack();
  expect(await codeOfTake(archive({ sequence: 3 }))).toBe('proxy.suspended');
  expect(readEpoch(desk.places)?.suspended).toContain('put back from an old copy');
  expect(Object.keys(desk.tree(desk.places.store)).filter((path) => path.endsWith('.zip'))).toHaveLength(2);
  expect((await desk.ack()).number).toBe(2);
  // It does not come back by itself.
  expect(await codeOfTake()).toBe('proxy.suspended');
});

test('enrolled anew it begins another epoch, and acknowledges all that it holds', async () => {
  await putBack();
  await codeOfTake(archive({ sequence: 3 }));
  const before = await desk.ack();
  desk.serial = 2;
  expect(await codeOfTake()).toBeUndefined();
  const after = await desk.ack();
  expect(after.epoch).not.toBe(before.epoch);
  expect(after).toMatchObject({
    number: 1,
    origins: [
      {
        held: [
          { first: 1, last: 1 },
          { first: 3, last: 3 },
        ],
      },
    ],
  });
});

test('a neighbour that tells of a higher number ends acknowledging at once', async () => {
  const proxy = await desk.open();
  await desk.take(proxy, archive());
  const { epoch } = await desk.ack();
  expect(await proxy.sawOwnAck({ epoch, number: 1, serial: 1 })).toBeUndefined();
  expect(await proxy.sawOwnAck({ epoch, number: 9, serial: 1 })).toContain('acknowledgement 9');
  await expect(desk.take(proxy, archive({ sequence: 2 }))).rejects.toMatchObject({ code: 'proxy.suspended' });
});

test('a store made anew under the same enrolment does not contradict what it said before', async () => {
  await codeOfTake(archive({ sequence: 1 }));
  rmSync(desk.places.store, { recursive: true });
  rmSync(desk.places.indexFile);
  expect(await codeOfTake(archive({ sequence: 2 }))).toBe('proxy.suspended');
  desk.serial = 2;
  expect(await codeOfTake()).toBeUndefined();
});

test('a plain renewal of the enrolment changes nothing', async () => {
  await codeOfTake(archive({ sequence: 1 }));
  const before = await desk.ack();
  desk.serial = 2;
  await codeOfTake(archive({ sequence: 2 }));
  expect(await desk.ack()).toMatchObject({ epoch: before.epoch, number: 2 });
});

const own = { epoch: 'aaaaaaaaaaaaaaaa', serial: 5, number: 7, suspended: null };

test.each([
  ['its own number', { epoch: own.epoch, number: 7, serial: 5 }, false],
  ['an older number', { epoch: own.epoch, number: 3, serial: 5 }, false],
  ['a higher number', { epoch: own.epoch, number: 8, serial: 5 }, true],
  ['an epoch that this one has replaced', { epoch: 'b', number: 99, serial: 4 }, false],
  ['another epoch under the same enrolment', { epoch: 'b', number: 1, serial: 5 }, true],
  ['another epoch under a newer enrolment', { epoch: 'b', number: 1, serial: 6 }, true],
])('%s', (_, seen, isSuspended) => {
  expect(judgeOwnAck(own, seen).suspended !== null).toBe(isSuspended);
});

const random = (bytes: number): string => 'c'.repeat(bytes * 2);

test('only a higher serial ends a suspension', () => {
  const suspended = { ...own, suspended: 'why' };
  expect(underEnrolment(suspended, 5, random)).toBe(suspended);
  expect(underEnrolment(suspended, 6, random)).toEqual({
    epoch: 'c'.repeat(16),
    serial: 6,
    number: 0,
    suspended: null,
  });
  expect(underEnrolment(own, 6, random)).toBe(own);
});
