import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { asFleetError, asOpeningError } from '../../../src/fleet/store/fleet-error.ts';
import { inWords, openFleetStore, openFleetStoreThatIs } from '../../../src/fleet/store/open-store.ts';
import { accountsInStore } from '../../../src/office/records/accounts-in-store.ts';
import { incidentsInStore } from '../../../src/office/records/incidents-in-store.ts';
import { addNodes } from '../../../src/fleet/ingest/add-nodes.ts';
import { contactLine, countsOf, ingest, kiosk, ledgerLine, startMs, states } from '../ingest/archives.ts';
import { onBothStores } from '../both-stores.ts';

onBothStores((stores) => {
  it('makes its tables, and finds them the next time', async () => {
    const place = await stores.place();
    const first = await stores.open(place);
    await first.db
      .insertInto('nodes')
      .values({ guid: 'g', first_known_at: 2 ** 52, name: '', place: '', note: '' })
      .execute();
    const second = await stores.open(place);
    expect(await second.db.selectFrom('nodes').selectAll().execute()).toMatchObject([
      { guid: 'g', first_known_at: 2 ** 52, state: 'new', groups: '[]', failed_count: 0, role: null },
    ]);
  });

  it('is made once when several start at the same time', async () => {
    const place = await stores.place();
    const opened = await Promise.all(Array.from({ length: 4 }, () => stores.open(place)));
    for (const store of opened) expect(await store.db.selectFrom('nodes').selectAll().execute()).toEqual([]);
  });

  it('judges anew who is brought an update, in a store of before', async () => {
    const place = await stores.place();
    const store = await stores.open(place);
    await addNodes(
      store,
      [1, 2, 3].map((n) => ({ guid: kiosk(n), role: 'kiosk' })),
      startMs,
    );
    await ingest(store, { node: kiosk(1), ledger: [ledgerLine(7, 'succeeded')] });
    await ingest(store, { node: kiosk(2), contacts: [contactLine(startMs, kiosk(1))] });
    const before = [await states(store), await countsOf(store)];
    // Whoever had it anywhere was said to carry it to all.
    await sql`alter table updates add column is_carried integer not null default 1`.execute(store.db);
    await sql`update results set state = 'carried' where state = 'unseen'`.execute(store.db);
    await sql`update update_counts set count = 2 where state = 'carried'`.execute(store.db);
    await sql`delete from update_counts where state = 'unseen'`.execute(store.db);
    await sql`drop table not_entered`.execute(store.db);
    await sql`drop index results_by_digest_state_node_heard_at`.execute(store.db);
    await sql`create index results_by_digest_state on results (digest, state)`.execute(store.db);
    await sql`update fleet_version set version = 3`.execute(store.db);
    await store.close();
    const again = await stores.open(place);
    expect([await states(again), await countsOf(again)]).toEqual(before);
    expect(before[0]).toEqual(['1/7 succeeded', '2/7 carried', '3/7 unseen']);
  });

  it('counts and sums in numbers', async () => {
    const { db } = await stores.open();
    await db
      .insertInto('sms_counters')
      .values([
        { node: 'a', highest: 1, window: '' },
        { node: 'b', highest: 2, window: '' },
      ])
      .execute();
    const row = await db
      .selectFrom('sms_counters')
      .select(({ fn }) => [fn.countAll<number>().as('days'), fn.sum<number>('highest').as('count')])
      .executeTakeFirst();
    expect(row).toEqual({ days: 2, count: 3 });
  });

  it('sorts text by its bytes', async () => {
    const { db } = await stores.open();
    const nodes = ['b', 'B', 'ä', 'a', '_', 'Z'];
    await db
      .insertInto('sms_counters')
      .values(nodes.map((node) => ({ node, highest: 1, window: '' })))
      .execute();
    const rows = await db.selectFrom('sms_counters').select('node').orderBy('node').execute();
    expect(rows.map(({ node }) => node)).toEqual(['B', 'Z', '_', 'a', 'b', 'ä']);
  });

  it('does nothing of a transaction that fails', async () => {
    const store = await stores.open();
    const failing = store.transaction(async (transaction) => {
      await transaction.insertInto('sms_counters').values({ node: 'a', highest: 1, window: '' }).execute();
      throw new Error('in the middle');
    });
    await expect(failing).rejects.toThrow('in the middle');
    expect(await store.db.selectFrom('sms_counters').selectAll().execute()).toEqual([]);
  });
});

describe('a PostgreSQL that is not there', () => {
  it('is unreachable, and its password stays unsaid', async () => {
    const config = { store: 'postgres://office:secret@127.0.0.1:1/fleet', file: '' };
    const failing = openFleetStore(config);
    await expect(failing).rejects.toMatchObject({ code: 'fleet.unreachable' });
    await expect(failing).rejects.toThrow(/^PostgreSQL 127\.0\.0\.1:1\/fleet: /);
    await expect(failing).rejects.not.toThrow(/secret/);
    expect(inWords(config)).not.toContain('secret');
  });
});

it.each(['EAI_AGAIN', 'ENOTFOUND', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ECONNRESET'])(
  'takes %s for a store that is away',
  (code) => {
    const error = Object.assign(new Error('no'), { code });
    expect(asFleetError('store', error)).toMatchObject({ code: 'fleet.unreachable' });
  },
);

it('takes whatever opening throws for a store that is away, and a defect of ours for that elsewhere', () => {
  const defect = new TypeError('x is not a function');
  expect(asOpeningError('store', defect)).toMatchObject({ code: 'fleet.unreachable' });
  expect(asOpeningError('store', 'text')).toMatchObject({ code: 'fleet.unreachable' });
  expect(asFleetError('store', defect)).toBe(defect);
});

it('makes no store for whoever only asks, and takes an empty file for none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ferryman-store-'));
  const config = { store: 'sqlite', file: join(folder, 'below', 'fleet.sqlite') };
  await expect(openFleetStoreThatIs(config)).rejects.toMatchObject({ code: 'fleet.missing' });
  expect(existsSync(join(folder, 'below'))).toBe(false);
  await (await openFleetStore(config)).close();
  await (await openFleetStoreThatIs(config)).close();
  truncateSync(config.file);
  await expect(openFleetStoreThatIs(config)).rejects.toMatchObject({ code: 'fleet.missing' });
  rmSync(folder, { recursive: true });
});

it.each(['SQLITE_READONLY', 'SQLITE_READONLY_DIRECTORY', 'EACCES'])(
  'says of %s that another user may',
  (code) => {
    const error = Object.assign(new Error('no'), { code });
    expect(asOpeningError('store', error)).toMatchObject({ code: 'system.permission' });
  },
);

it('takes a question that a store cannot answer for a store that is away', async () => {
  const store = await openFleetStore({ store: 'sqlite', file: ':memory:' });
  await sql`drop table users`.execute(store.db);
  await sql`drop table incidents`.execute(store.db);
  const accounts = accountsInStore(store, 1000);
  await expect(accounts.user('anna')).rejects.toMatchObject({ code: 'fleet.unreadable' });
  await expect(incidentsInStore(store).list(1)).rejects.toMatchObject({ code: 'fleet.unreadable' });
  await store.close();
});

describe('the file of SQLite', () => {
  it('is nobody else’s to read, also where it was', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ferryman-fleet-'));
    const file = join(folder, 'fleet.sqlite');
    const ends = ['', '-wal', '-shm'];
    const modes = (): string[] => ends.map((end) => (statSync(file + end).mode & 0o777).toString(8));
    const first = await openFleetStore({ store: 'sqlite', file });
    expect(modes()).toEqual(['600', '600', '600']);
    for (const end of ends) chmodSync(file + end, 0o664);
    const second = await openFleetStore({ store: 'sqlite', file });
    expect(modes()).toEqual(['660', '660', '660']);
    await Promise.all([first.close(), second.close()]);
    rmSync(folder, { recursive: true });
  });
});
