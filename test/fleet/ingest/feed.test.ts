/** A proxy with its fleet store: nothing is acknowledged that the store does not have, and nothing is lost while it is away. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { FleetFeed, handTo } from '../../../src/fleet/ingest/fleet-feed.ts';
import { openFleetStore } from '../../../src/fleet/store/open-store.ts';
import type { Proxy } from '../../../src/proxy/proxy.ts';
import { Postgres } from '../../kit/postgres.ts';
import { archive, kioskGuid, ProxyDesk, proxyGuid } from '../../proxy/proxy-desk.ts';
import { ledgerLine, states } from './archives.ts';

let server: Postgres;
let desk: ProxyDesk;
let config: { store: string; file: string; contactDays: number; shortLogDays: number };
const feeds: FleetFeed[] = [];
const told: string[] = [];

beforeAll(async () => {
  server = await Postgres.start();
});
afterAll(() => server.stop());
afterEach(async () => {
  told.length = 0;
  await Promise.all(feeds.splice(0).map((feed) => feed.close()));
});

async function open(isNew = true): Promise<Proxy> {
  if (isNew) {
    desk = new ProxyDesk();
    config = { store: await server.database(), file: '', contactDays: 400, shortLogDays: 400 };
  }
  const feed = new FleetFeed({
    config,
    closed: () => [],
    nowMs: () => desk.nowMs,
    tell: (text) => told.push(text),
  });
  feeds.push(feed);
  return desk.open({ feed: handTo(feed, proxyGuid) });
}

function told7(sequence: number): Buffer {
  return archive({ sequence, text: `${ledgerLine(sequence, 'succeeded')}\n` });
}

async function inStore(): Promise<string[]> {
  const store = await openFleetStore(config);
  try {
    return await states(store);
  } finally {
    await store.close();
  }
}

async function until(check: () => boolean, work: () => Promise<unknown>): Promise<void> {
  while (!check()) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await work();
  }
}

it('hands an archive over before it is acknowledged', async () => {
  const proxy = await open();
  await desk.take(proxy, told7(1), archive({ origin: kioskGuid(2), text: 'no JSON\n' }));
  expect(await inStore()).toEqual(['1/1 succeeded', '2/1 carried']);
  expect((await desk.ack()).origins).toHaveLength(2);
  expect(told).toEqual([expect.stringContaining('found 1 others: ledger.jsonl, line 1')]);
  proxy.close();
});

it('keeps archives, acknowledges none and catches up when PostgreSQL is killed and comes back', async () => {
  const proxy = await open();
  await desk.take(proxy, told7(1));
  await server.kill();
  try {
    await desk.take(proxy, told7(2));
    expect(proxy.feedProblem?.code).toBe('fleet.unreachable');
    // While it pauses, it is not asked: what comes is stored all the same.
    const [work] = await desk.take(proxy, told7(3));
    expect(work?.taken.map(({ outcome }) => outcome)).toEqual(['stored']);
    expect(proxy.feedDueInMs).toBeGreaterThan(0);
    expect((await desk.ack()).origins[0]?.held).toEqual([{ first: 1, last: 1 }]);
  } finally {
    await server.up();
  }
  await until(
    () => proxy.feedProblem === undefined,
    () => proxy.finish(),
  );
  await proxy.acknowledge('now');
  expect((await desk.ack()).origins[0]?.held).toEqual([{ first: 1, last: 3 }]);
  expect(await inStore()).toEqual(['1/1 succeeded', '1/2 succeeded', '1/3 succeeded']);
  proxy.close();
});

it('catches up after a start of its own too', async () => {
  const proxy = await open();
  await server.kill();
  await desk.take(proxy, told7(1));
  expect(proxy.feedProblem?.code).toBe('fleet.unreachable');
  proxy.close();
  await server.up();
  const again = await open(false);
  await again.finish();
  expect(again.feedProblem).toBeUndefined();
  expect(await inStore()).toEqual(['1/1 succeeded']);
  again.close();
});

it('keeps archives while the tables are not there', async () => {
  const proxy = await open();
  await desk.take(proxy, told7(1));
  const name = new URL(config.store).pathname.slice(1);
  await server.sql('alter table results rename to gone', name);
  await desk.take(proxy, told7(2));
  expect(proxy.feedProblem?.code).toBe('fleet.unreadable');
  expect((await desk.ack()).origins[0]?.held).toEqual([{ first: 1, last: 1 }]);
  proxy.close();
});
