import { describe, expect, it } from 'vitest';
import { inWords, openFleetStore } from '../../../src/fleet/store/open-store.ts';
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
