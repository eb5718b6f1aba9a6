/** A proxy whose disk is full at any point: nothing is acknowledged that is not durable, and all goes on when there is room. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import { each } from '../../src/parcel/sequence-sets.ts';
import { archiveFile } from '../../src/proxy/places.ts';
import type { Proxy } from '../../src/proxy/proxy.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { archive, incarnation, kioskGuid, ProxyDesk, proxyGuid } from '../proxy/proxy-desk.ts';
import { canMount, SmallDisk, unmountAll } from './tmpfs.ts';

afterEach(unmountAll);
afterAll(removeFolders);

const origin = kioskGuid(1);
const archives = [1, 2, 3, 4].map((sequence) =>
  archive({
    sequence,
    text: `${sequence} `.repeat(6000),
    files: { 'ledger.jsonl': Buffer.alloc(9000, `${sequence}\n`) },
  }),
);

async function codeOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof FerrymanError) return error.code;
    throw error;
  }
}

/** What is acknowledged and not in the store. */
async function lies(desk: ProxyDesk): Promise<number[]> {
  if (!existsSync(join(desk.places.acks, `${proxyGuid}.0.zip`))) return [];
  const [item] = (await desk.ack()).origins;
  return [...each(item?.held ?? [])].filter((sequence) => {
    const path = archiveFile(desk.places, { origin, incarnation, sequence, class: 'long' });
    return !readFileSync(path).equals(archives[sequence - 1] ?? Buffer.alloc(0));
  });
}

describe.skipIf(!canMount)('a proxy on a full disk (needs root, to mount a tmpfs)', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 60])(
    'with %i pages left it ends with proxy.disk-full or does all, and goes on when there is room',
    async (pages) => {
      const desk = new ProxyDesk();
      mkdirSync(desk.layout.state, { recursive: true });
      const disk = SmallDisk.over(desk.layout.state, '2m');
      const proxy = await desk.open();
      const [first, second, third, last] = archives;
      await desk.take(proxy, first ?? Buffer.alloc(0), last ?? Buffer.alloc(0));
      disk.fill(pages);
      const code = await codeOf(() => desk.take(proxy, second ?? Buffer.alloc(0), third ?? Buffer.alloc(0)));
      expect(['proxy.disk-full', undefined]).toContain(code);
      expect(await lies(desk)).toEqual([]);
      disk.free();
      await everythingIsThere(desk, proxy);
      proxy.close();
    },
  );

  test('opening on a full disk says so, and works when there is room', async () => {
    const desk = new ProxyDesk();
    mkdirSync(desk.layout.state, { recursive: true });
    const disk = SmallDisk.over(desk.layout.state, '1m');
    disk.fill(0);
    expect(await codeOf(() => desk.open())).toBe('proxy.disk-full');
    disk.free();
    await everythingIsThere(desk, await desk.open());
  });
});

async function everythingIsThere(desk: ProxyDesk, proxy: Proxy): Promise<void> {
  await desk.take(proxy, ...archives);
  expect(await lies(desk)).toEqual([]);
  expect((await desk.ack()).origins[0]?.held).toEqual([{ first: 1, last: 4 }]);
  const readable = readFileSync(join(desk.places.unpacked, origin, incarnation, 'ledger.jsonl'), 'utf8');
  expect(readable).toBe([1, 2, 3, 4].map((sequence) => `${sequence}\n`.repeat(4500)).join(''));
}
