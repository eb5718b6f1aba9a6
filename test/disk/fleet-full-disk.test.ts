/** The disk of the fleet store is full, and not the proxy's: archives are kept and not acknowledged, and all is entered when there is room. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { FleetFeed, handTo } from '../../src/fleet/ingest/fleet-feed.ts';
import { asFleetError } from '../../src/fleet/store/fleet-error.ts';
import { openFleetStore } from '../../src/fleet/store/open-store.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { countsOf, ledgerLine, states } from '../fleet/ingest/archives.ts';
import { archive, ProxyDesk, proxyGuid } from '../proxy/proxy-desk.ts';
import { canMount, SmallDisk, unmountAll } from './tmpfs.ts';

afterEach(unmountAll);
afterAll(removeFolders);

/** With enough in it that the store grows. */
const archives = [1, 2, 3].map((sequence) =>
  archive({
    sequence,
    text: Array.from({ length: 20 }, (_, line) => `${ledgerLine(sequence * 100 + line, 'succeeded')}\n`).join(
      '',
    ),
  }),
);

describe.skipIf(!canMount)('a fleet store on a full disk (needs root, to mount a tmpfs)', () => {
  test.each([0, 6])('with %i pages left keeps nothing half, and catches up', async (pages) => {
    const disk = SmallDisk.over(join(temporaryFolder(), 'fleet'), '2m');
    const config = {
      store: 'sqlite',
      file: join(disk.folder, 'fleet.sqlite'),
      contactDays: 400,
      shortLogDays: 400,
    };
    const desk = new ProxyDesk();
    const told: string[] = [];
    const tell = (text: string): number => told.push(text);
    const feed = new FleetFeed({ config, closed: () => [], nowMs: () => desk.nowMs, tell });
    const proxy = await desk.open({ feed: handTo(feed, proxyGuid) });
    const [first, ...others] = archives;
    await desk.take(proxy, first ?? Buffer.alloc(0));
    disk.fill(pages);
    const [work] = await desk.take(proxy, ...others);
    expect(work?.taken.map(({ outcome }) => outcome)).toEqual(['stored', 'stored']);
    expect(proxy.feedProblem?.code).toBe('fleet.disk-full');
    expect((await desk.ack()).origins[0]?.held[0]?.last).toBeLessThan(3);
    // Nothing is called a defect of ours: that would be acknowledged.
    expect(told).toEqual([]);
    disk.free();
    while (proxy.feedProblem) {
      await sleep(Math.max(10, proxy.feedDueInMs ?? 0));
      await proxy.finish();
    }
    await proxy.acknowledge('now');
    expect((await desk.ack()).origins[0]?.held).toEqual([{ first: 1, last: 3 }]);
    await feed.close();
    proxy.close();
    const store = await openFleetStore(config);
    expect(await states(store)).toHaveLength(60);
    const { kept, counted } = await countsOf(store);
    expect(kept).toEqual(counted);
    await store.close();
  });
});

test.each([
  ['53100', 'fleet.disk-full'],
  ['53300', 'fleet.unreachable'],
  ['57P01', 'fleet.unreachable'],
  ['42P01', 'fleet.unreadable'],
])('PostgreSQL that answers %s is told as %s, and its archive waits', (code, expected) => {
  const error = Object.assign(new Error('could not extend file: No space left on device'), { code });
  expect(asFleetError('postgres', error)).toMatchObject({ code: expected });
});
