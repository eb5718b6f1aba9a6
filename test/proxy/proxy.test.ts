/** Taking in, unpacking, acknowledging: what is durable is told, and nothing else. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import { chainOver } from '../../src/parcel/chain.ts';
import { hashParcel } from '../../src/parcel/framing.ts';
import { unpackArchive } from '../../src/proxy/readable/unpack-archive.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { archive, enrolled, incarnation, kioskGuid, ProxyDesk, proxyGuid } from './proxy-desk.ts';

let desk: ProxyDesk;

beforeEach(() => {
  desk = new ProxyDesk();
});

afterAll(removeFolders);

const first = kioskGuid(1);

function readable(path: string, origin = first): string {
  return readFileSync(join(desk.places.unpacked, origin, incarnation, path), 'utf8');
}

describe('an archive that is brought', () => {
  test('is stored, unpacked and acknowledged', async () => {
    const proxy = await desk.open();
    const bytes = archive({ sequence: 1, text: 'one\n' });
    const [work] = await desk.take(proxy, bytes);
    expect(work?.taken.map(({ outcome }) => outcome)).toEqual(['stored']);
    expect(
      readFileSync(join(desk.places.store, first, incarnation, '0000000001.long.zip')).equals(bytes),
    ).toBe(true);
    expect(readable('ledger.jsonl')).toBe('one\n');
    const ack = await desk.ack();
    expect(ack).toMatchObject({ proxy: proxyGuid, number: 1, shard: 0 });
    expect(ack.origins).toEqual([
      {
        origin: first,
        incarnation,
        held: [{ first: 1, last: 1 }],
        voids: [],
        digest: chainOver([hashParcel(bytes).digest]),
      },
    ]);
  });

  test('twice changes nothing, and nothing new is acknowledged', async () => {
    const proxy = await desk.open();
    const bytes = archive();
    await desk.take(proxy, bytes);
    const before = desk.tree(desk.layout.state);
    const [work] = await desk.take(proxy, bytes, bytes);
    expect(work?.taken.map(({ outcome }) => outcome)).toEqual(['known', 'known']);
    expect((await desk.ack()).number).toBe(1);
    expect(Object.keys(desk.tree(desk.layout.state))).toEqual(Object.keys(before));
    expect(readable('ledger.jsonl')).toBe('line of 1\n');
  });

  test('that comes late is put where it belongs', async () => {
    const proxy = await desk.open();
    const archives = [1, 2, 3, 4, 5].map((sequence) => archive({ sequence }));
    for (const at of [0, 4, 2, 1, 3]) await desk.take(proxy, archives[at] ?? Buffer.alloc(0));
    expect(readable('ledger.jsonl')).toBe([1, 2, 3, 4, 5].map((n) => `line of ${n}\n`).join(''));
    const [item] = (await desk.ack()).origins;
    expect(item?.held).toEqual([{ first: 1, last: 5 }]);
    expect(item?.digest).toBe(chainOver(archives.map((bytes) => hashParcel(bytes).digest)));
  });

  test('of which another content has the name is evidence, and not acknowledged in its place', async () => {
    const proxy = await desk.open();
    const [one, other] = [archive({ text: 'a\n' }), archive({ text: 'b\n' })];
    await desk.take(proxy, one);
    const [work] = await desk.take(proxy, other, other);
    expect(work?.taken.map(({ outcome, error }) => [outcome, error?.code])).toEqual([
      ['fork', 'archive.fork'],
      ['fork', 'archive.fork'],
    ]);
    expect((await desk.ack()).origins[0]?.digest).toBe(chainOver([hashParcel(one).digest]));
    expect(Object.values(desk.tree(desk.places.forks))).toEqual([other.toString('latin1')]);
    expect(readable('ledger.jsonl')).toBe('a\n');
  });

  test('that is not signed by its origin, or by nobody enrolled, is refused and leaves nothing', async () => {
    const proxy = await desk.open();
    const work = await desk.take(
      proxy,
      archive({ signer: enrolled(kioskGuid(2)) }),
      Buffer.from('no parcel'),
      archive({ signer: enrolled(first, 'office') }),
    );
    expect(work[0]?.taken.map(({ outcome, error }) => [outcome, error?.code])).toEqual([
      ['refused', 'enrolment.other-node'],
      ['refused', 'framing.truncated'],
      ['refused', 'enrolment.role'],
    ]);
    expect(existsSync(join(desk.places.store, first))).toBe(false);
    expect(existsSync(desk.places.acks)).toBe(false);
  });
});

test('sequences that their origin has dropped are told as lost, unless they are held', async () => {
  const proxy = await desk.open();
  await desk.take(
    proxy,
    archive({ sequence: 2 }),
    archive({
      sequence: 7,
      voids: [
        { first: 1, last: 3 },
        { first: 5, last: 5 },
      ],
    }),
  );
  expect((await desk.ack()).origins[0]).toMatchObject({
    held: [
      { first: 2, last: 2 },
      { first: 7, last: 7 },
    ],
    voids: [
      { first: 1, last: 1 },
      { first: 3, last: 3 },
      { first: 5, last: 5 },
    ],
  });
});

test('the index is made anew from the files, with the same answers', async () => {
  const proxy = await desk.open();
  await desk.take(
    proxy,
    ...[3, 1, 2].map((sequence) => archive({ sequence })),
    archive({ origin: kioskGuid(2), sequence: 4, voids: [{ first: 1, last: 2 }] }),
  );
  const before = await desk.ack();
  const unpacked = desk.tree(desk.places.unpacked);
  proxy.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(desk.places.indexFile + suffix, { force: true });
  const again = await desk.open();
  expect(again.scanned).toMatchObject({ entered: 4, lost: [], damaged: [] });
  await desk.take(again);
  const after = await desk.ack();
  expect(after).toEqual({ ...before, number: before.number + 1 });
  expect(desk.tree(desk.places.unpacked)).toEqual(unpacked);
});

function storedPath(): string {
  return join(desk.places.store, first, incarnation, '0000000002.long.zip');
}

describe('a file of the store that is not what was stored', () => {
  const two = archive({ sequence: 2 });

  test.each([
    ['empty', Buffer.alloc(0)],
    ['cut off', two.subarray(0, 100)],
    ['another archive', archive({ sequence: 3 })],
  ])('but %s is not acknowledged, and a sound copy takes its place', async (_, contents) => {
    let isDamaged = false;
    const proxy = await desk.open({
      unpack: async (path, folder) => {
        if (!isDamaged && path === storedPath()) {
          isDamaged = true;
          rmSync(path);
          writeFileSync(path, contents);
          throw new FerrymanError('zip.damaged', 'found something else');
        }
        return unpackArchive(path, folder, () => Promise.resolve());
      },
    });
    const [work] = await desk.take(proxy, archive({ sequence: 1 }), two);
    expect(work?.unreadable.map(({ archive: { sequence }, error }) => [sequence, error?.code])).toEqual([
      [2, 'proxy.store-damaged'],
    ]);
    expect((await desk.ack()).origins[0]?.held).toEqual([{ first: 1, last: 1 }]);
    expect(readFileSync(`${storedPath()}.damaged`).equals(contents)).toBe(true);
    const [again] = await desk.take(proxy, two);
    expect(again?.taken.map(({ outcome }) => outcome)).toEqual(['stored']);
    expect((await desk.ack()).origins[0]?.held).toEqual([{ first: 1, last: 2 }]);
  });

  test('and that the index does not know keeps nothing back', async () => {
    const proxy = await desk.open();
    await desk.take(proxy, archive({ sequence: 1 }));
    writeFileSync(storedPath(), 'torn');
    const [work] = await desk.take(proxy, two, archive({ sequence: 3 }));
    expect(work?.taken.map(({ outcome }) => outcome)).toEqual(['stored', 'stored']);
    expect((await desk.ack()).origins[0]?.held).toEqual([{ first: 1, last: 3 }]);
  });
});
