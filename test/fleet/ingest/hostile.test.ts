/** Archives that mean harm: what is sound of them goes in, the rest is counted, and nothing stops. */
import { expect, it } from 'vitest';
import { FleetFeed } from '../../../src/fleet/ingest/fleet-feed.ts';
import { onBothStores } from '../both-stores.ts';
import {
  contactLine,
  digestOf,
  ingest,
  kiosk,
  ledgerLine,
  settled,
  someFacts,
  startMs,
  states,
  unpacked,
} from './archives.ts';

const huge = 'x'.repeat(300 * 1024);
const good = ledgerLine(7, 'succeeded');

const badLines: Readonly<Record<string, string | Buffer>> = {
  'no JSON': 'line of text',
  'an empty line': '',
  'a list': '[]',
  null: 'null',
  'no digest': '{}',
  'a short digest': ledgerLine(8, 'failed', { digest: 'abc' }),
  'a state that nobody knows': ledgerLine(8, 'failed', { state: 'exploded' }),
  'a number as a title': ledgerLine(8, 'failed', { title: 7 }),
  'a time past the end of times': ledgerLine(8, 'failed', { receivedAt: '+275760-09-13T00:00:00Z' }),
  'a time that is none': ledgerLine(8, 'failed', { finishedAt: 'yesterday' }),
  'a sequence that is too large': ledgerLine(8, 'failed', { sequence: 1e300 }),
  'a sequence below zero': ledgerLine(8, 'failed', { sequence: -1 }),
  'an exit status that is none': ledgerLine(8, 'failed', { exitStatus: 4000 }),
  'attempts that are half': ledgerLine(8, 'failed', { attempts: 0.5 }),
  'recipients that are none': ledgerLine(8, 'failed', { recipients: ["'; drop table nodes; --"] }),
  'transitions that are none': ledgerLine(8, 'failed', { transitions: 'none' }),
  'a short log without a time': ledgerLine(8, 'failed', { shortLogs: [{ text: 'hello' }] }),
  'a giant line': ledgerLine(8, 'failed', { title: huge }),
  'deep JSON': `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  'bytes that are no UTF-8': Buffer.from([0xff, 0xfe, 0x00, 0x80]),
};

onBothStores((stores) => {
  it('counts bad lines, and takes the good ones between them', async () => {
    const store = await stores.open();
    const ledger = Object.values(badLines).flatMap((line) => [line, good]);
    const ingested = await ingest(store, { ledger });
    expect(ingested).toMatchObject({ outcome: 'ingested', badLines: Object.keys(badLines).length });
    expect(ingested.problem).toContain('ledger.jsonl, line 1: ');
    expect(await states(store)).toEqual(['1/7 succeeded']);
    expect(await store.db.selectFrom('archives').select('bad_lines').execute()).toEqual([
      { bad_lines: Object.keys(badLines).length },
    ]);
  });

  it('keeps text that a database would refuse, and shows it as text', async () => {
    const store = await stores.open();
    const nasty = "\u0000\ud800\u202e<script>alert(1)</script>'); drop table nodes;--\n\u001b[31m";
    await ingest(store, {
      ledger: [ledgerLine(7, 'failed', { title: nasty, reason: nasty, channel: nasty, signers: [nasty] })],
    });
    const shown = "\\u{0}\\u{d800}\\u{202e}<script>alert(1)</script>'); drop table nodes;--\\u{a}\\u{1b}[31m";
    expect(await store.db.selectFrom('updates').select(['title', 'signers']).execute()).toMatchObject([
      { title: shown },
    ]);
    expect(await store.db.selectFrom('results').select('reason').execute()).toEqual([{ reason: shown }]);
  });

  it('cuts what is too long between characters', async () => {
    const store = await stores.open();
    await ingest(store, {
      ledger: [ledgerLine(7, 'failed', { title: '😀'.repeat(5000), reason: '\u0001'.repeat(5000) })],
    });
    const [update] = await store.db.selectFrom('updates').select('title').execute();
    expect(update?.title).toMatch(/^(😀)+…$/u);
    expect(update?.title.length).toBeLessThanOrEqual(200);
    const [result] = await store.db.selectFrom('results').select('reason').execute();
    expect(result?.reason.length).toBeLessThanOrEqual(500);
  });

  it('takes numbers to the last one that is sound', async () => {
    const store = await stores.open();
    const sequence = Number.MAX_SAFE_INTEGER;
    await ingest(store, {
      sequence,
      receivedAtMs: startMs,
      voids: [{ first: 1, last: sequence - 5 }],
      ledger: [ledgerLine(7, 'failed', { sequence, attempts: sequence })],
      facts: { ...someFacts, freeBytes: sequence, totalBytes: sequence },
    });
    expect(await store.db.selectFrom('incarnations').selectAll().execute()).toMatchObject([
      { highest: sequence, missing_count: 4, void_count: sequence - 5 },
    ]);
    expect(await store.db.selectFrom('nodes').selectAll().execute()).toMatchObject([
      { newest_sequence: sequence, disk_free_bytes: sequence },
    ]);
  });

  it('takes contacts and facts that are sound, and counts the others', async () => {
    const store = await stores.open();
    const bad = [
      contactLine(startMs).replace('"seconds":3', '"seconds":-3'),
      `${contactLine(startMs)} `,
      'x'.repeat(2000),
    ];
    const ingested = await ingest(store, {
      contacts: [...bad, contactLine(startMs)],
      facts: Buffer.from('{"version":"1"}'),
    });
    expect(ingested).toMatchObject({ badLines: 4 });
    expect(await store.db.selectFrom('contacts').select('line').execute()).toEqual([{ line: 3 }]);
    expect(await store.db.selectFrom('nodes').select('version').execute()).toEqual([{ version: null }]);
  });

  it('lets one node make up no more than a bounded number of updates for all', async () => {
    const store = await stores.open();
    await ingest(store, { node: kiosk(2) });
    const made = Array.from({ length: 305 }, (_, nth) => ledgerLine(nth + 1, 'received'));
    await ingest(store, { ledger: made });
    const forOthers = await store.db
      .selectFrom('results')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('node', '=', kiosk(2))
      .executeTakeFirst();
    expect(forOthers).toEqual({ count: 300 });
    // What a second node tells of too is no invention.
    await ingest(store, { node: kiosk(3), ledger: [ledgerLine(305, 'received')] });
    expect(await states(store)).toContain('2/305 unseen');
  });

  it('does not let a node change what another has told, nor what the office calls it', async () => {
    const store = await stores.open();
    await ingest(store, { node: kiosk(1), ledger: [good] });
    await ingest(store, {
      node: kiosk(2),
      ledger: [ledgerLine(7, 'failed', { title: 'Forged', recipients: [kiosk(2)] })],
    });
    expect(await states(store)).toEqual(['1/7 succeeded', '2/7 failed']);
    expect(await store.db.selectFrom('updates').select('title').execute()).toEqual([{ title: 'Update 7' }]);
  });

  it('tells of an archive that the store cannot take, and goes on with the next', async () => {
    const place = await stores.place();
    const told: string[] = [];
    const feed = new FleetFeed({
      config: { ...place, contactDays: 1, shortLogDays: 1 },
      closed: () => [],
      nowMs: () => startMs,
      tell: (text) => told.push(text),
    });
    const wrong = { ...settled({}), bytes: Number.NaN };
    await feed.archives([
      { archive: settled({ sequence: 3 }), folder: undefined },
      { archive: wrong, folder: undefined },
      { archive: settled({ sequence: 2 }), folder: unpacked({ ledger: [good] }) },
    ]);
    await feed.close();
    expect(told).toHaveLength(1);
    const store = await stores.open(place);
    expect(await states(store)).toEqual(['1/7 succeeded']);
    expect(await store.db.selectFrom('updates').select('digest').execute()).toEqual([
      { digest: digestOf(7) },
    ]);
    const taken = await store.db.selectFrom('archives').select('sequence').orderBy('sequence').execute();
    expect(taken).toEqual([{ sequence: 2 }, { sequence: 3 }]);
  });
});
