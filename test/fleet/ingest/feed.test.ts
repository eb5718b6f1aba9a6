/** A proxy with its fleet store: nothing is acknowledged that the store does not have, and nothing is lost while it is away. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { EnteringLater } from '../../../src/controller/entering-later.ts';
import { fleetQuestions } from '../../../src/fleet/questions/fleet-questions.ts';
import { FleetFeed, handTo } from '../../../src/fleet/ingest/fleet-feed.ts';
import { openFleetStore } from '../../../src/fleet/store/open-store.ts';
import { feedAgain, type FedAgain } from '../../../src/proxy/feed-again.ts';
import { archiveFile } from '../../../src/proxy/places.ts';
import type { Proxy } from '../../../src/proxy/proxy.ts';
import { Postgres } from '../../kit/postgres.ts';
import { archive, incarnation, kioskGuid, ProxyDesk, proxyGuid } from '../../proxy/proxy-desk.ts';
import { countsOf, everything, ledgerLine, settled, startMs, states } from './archives.ts';

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
  expect(await inStore()).toEqual(['1/1 succeeded', '2/1 unseen']);
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

it('marks what an error of ours keeps out, and enters it at a later start', async () => {
  const proxy = await open();
  const name = new URL(config.store).pathname.slice(1);
  await desk.take(proxy, told7(1));
  await server.sql('alter table archives add constraint defect check (sequence <> 2)', name);
  await desk.take(proxy, told7(2), told7(3));
  // It keeps no other back, and is not carried about for ever.
  expect((await desk.ack()).origins[0]?.held).toEqual([{ first: 1, last: 3 }]);
  expect(await inStore()).toEqual(['1/1 succeeded', '1/3 succeeded']);
  expect(told).toEqual([expect.stringContaining('please report it')]);
  proxy.close();
  const start = async (): Promise<string[]> => {
    const feed = feeds.at(-1);
    const said: string[] = [];
    if (!feed) throw new Error('expected a feed');
    const entering = new EnteringLater({
      feed,
      hands: handTo(feed, proxyGuid),
      layout: desk.layout,
      proxy: proxyGuid,
      tell: ({ text }) => said.push(text),
    });
    entering.begin();
    await entering.done();
    return said;
  };
  expect(await start()).toEqual(['0 of 1 archives that were not entered are; please report the rest']);
  expect(await notEntered()).toBe(1);
  await server.sql('alter table archives drop constraint defect', name);
  expect(await start()).toEqual(['1 of 1 archives that were not entered are']);
  expect(await notEntered()).toBe(0);
  expect(await inStore()).toEqual(['1/1 succeeded', '1/2 succeeded', '1/3 succeeded']);
  expect(await start()).toEqual([]);
});

async function notEntered(): Promise<number> {
  const store = await openFleetStore(config);
  try {
    return (await fleetQuestions(store).overview(Date.now())).freshness.notEntered;
  } finally {
    await store.close();
  }
}

it('hands in forks, and fills a store that was made anew with all that the archives tell', async () => {
  const proxy = await open();
  const garbled = archive({ sequence: 3, files: { 'logs.tar.gz': Buffer.from('no tar') } });
  await desk.take(proxy, told7(1), told7(2), garbled, archive({ sequence: 2, text: 'fork\n' }));
  const before = await allOfIt();
  expect(before['forks']).toHaveLength(1);
  expect(before['archives']).toHaveLength(3);
  proxy.close();
  config = { ...config, store: await server.database() };
  const feed = new FleetFeed({ config, closed: () => [], nowMs: () => desk.nowMs, tell: () => undefined });
  feeds.push(feed);
  const again = (isKnown: boolean): Promise<FedAgain> =>
    feedAgain(desk.places, {
      feed: handTo(feed, proxyGuid),
      isKnown: () => isKnown,
      progress: () => undefined,
      tell: ({ code }) => told.push(code),
      signal: new AbortController().signal,
    });
  expect(await again(false)).toEqual({ archives: 3, fed: 3, damaged: 0 });
  expect(await allOfIt()).toEqual(before);
  expect(await again(true)).toEqual({ archives: 3, fed: 0, damaged: 0 });
  expect(await again(false)).toEqual({ archives: 3, fed: 3, damaged: 0 });
  expect(await allOfIt()).toEqual(before);
  const [file, other] = [1, 2].map((sequence) =>
    archiveFile(desk.places, { origin: kioskGuid(1), incarnation, sequence, class: 'long' }),
  );
  rmSync(file ?? '');
  writeFileSync(other ?? '', 'no archive');
  expect(await again(false)).toEqual({ archives: 3, fed: 1, damaged: 2 });
  expect(told).toEqual(['proxy.store-damaged', 'proxy.store-damaged']);
  expect(await allOfIt()).toEqual(before);
});

it('is shared by two proxies that take in at the same time', async () => {
  const proxy = await open();
  const first = desk;
  desk = new ProxyDesk();
  const other = await open(false);
  const second = desk;
  await Promise.all([first.take(proxy, ...fourOf(1)), second.take(other, ...fourOf(2))]);
  expect(await inStore()).toEqual(
    [1, 2].flatMap((node) => [1, 2, 3, 4].map((nth) => `${node}/${nth} succeeded`)),
  );
  const store = await openFleetStore(config);
  const { kept, counted } = await countsOf(store);
  await store.close();
  expect(kept).toEqual(counted);
  proxy.close();
  other.close();
});

function fourOf(node: number): Buffer[] {
  return [1, 2, 3, 4].map((sequence) =>
    archive({ origin: kioskGuid(node), sequence, text: `${ledgerLine(sequence, 'succeeded')}\n` }),
  );
}

async function allOfIt(): Promise<Record<string, unknown[]>> {
  const store = await openFleetStore(config);
  try {
    return await everything(store);
  } finally {
    await store.close();
  }
}

it('opens anew for each archive while the store cannot be opened, and swallows none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ferryman-feed-'));
  const lines: string[] = [];
  const setup = { contactDays: 1, shortLogDays: 1, file: join(folder, 'place') };
  writeFileSync(setup.file, '');
  const feed = new FleetFeed({
    config: { ...setup, store: 'sqlite', file: join(setup.file, 'fleet.sqlite') }, // below a file: ENOTDIR
    closed: () => [],
    nowMs: () => startMs,
    tell: (text) => lines.push(text),
  });
  feeds.push(feed);
  const hand = (): Promise<void> => feed.archives([{ archive: settled({}), folder: undefined }]);
  for (const _ of [1, 2]) await expect(hand()).rejects.toMatchObject({ code: 'fleet.unreachable' });
  rmSync(setup.file);
  await hand();
  expect(lines).toEqual([]);
  rmSync(folder, { recursive: true });
});

it('tells that pruning has failed, and takes the archive', async () => {
  config = { store: await server.database(), file: '', contactDays: 1, shortLogDays: 1 };
  const store = await openFleetStore(config);
  await sql`create function no() returns trigger language plpgsql as $$ begin raise 'no'; end $$`.execute(
    store.db,
  );
  await sql`create trigger no before delete on contacts for each statement execute function no()`.execute(
    store.db,
  );
  await store.close();
  const lines: string[] = [];
  const feed = new FleetFeed({
    config,
    closed: () => [],
    nowMs: () => startMs,
    tell: (text) => lines.push(text),
  });
  feeds.push(feed);
  await feed.archives([{ archive: settled({}), folder: undefined }]);
  expect(lines).toEqual([expect.stringContaining('not removed')]);
});
