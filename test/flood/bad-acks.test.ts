/** Acknowledgements that are not right, at the origin and at a ferry: nothing goes that no proxy is proven to hold. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { chainOver } from '../../src/parcel/chain.ts';
import type { Acknowledgement } from '../../src/parcel/acknowledgement.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { fixedKey } from '../kit/office.ts';
import { signedAck } from '../net/archives.ts';
import { enrolledNode } from './nodes.ts';
import { incarnation, PoolNode } from './pool-node.ts';

afterAll(removeFolders);

const proxy = enrolledNode(0x50, 'proxy');
let kiosk: PoolNode;
beforeEach(async () => {
  kiosk = await PoolNode.start(join(temporaryFolder(), 'root'), 1, 'kiosk', {
    poolBytes: 1e6,
    ownBytes: 1e6,
  });
  for (const text of ['one', 'two', 'three']) kiosk.pack('long', Buffer.from(text));
});
afterEach(() => kiosk.ledger.close());

type Origin = Acknowledgement['origins'][number];

/** Of the first two archives, right. */
function claim(wrong: Partial<Origin> = {}): Origin {
  const digests = [1, 2].map((sequence) => kiosk.ledger.logArchives.find(sequence)?.digest ?? '');
  return {
    origin: kiosk.guid,
    incarnation,
    held: [{ first: 1, last: 2 }],
    voids: [],
    digest: chainOver(digests),
    ...wrong,
  };
}

async function give(ack: Buffer): Promise<number> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'acks'));
  writeFileSync(join(folder, `acks/${proxy.guid}.0.zip`), ack);
  return kiosk.takeAck(folder, { proxy: proxy.guid, shard: 0 });
}

const waiting = (): number[] => kiosk.ledger.logArchives.waiting().map(({ sequence }) => sequence);

test('the right one lets two archives go, once; an older one and the same again change nothing', async () => {
  expect(await give(signedAck(proxy, { number: 5, origins: [claim()] }))).toBe(1);
  expect(waiting()).toStrictEqual([3]);
  for (const number of [4, 5]) expect(await give(signedAck(proxy, { number, origins: [claim()] }))).toBe(0);
  expect(kiosk.relay.acks.names()).toMatchObject([{ number: 5 }]);
  expect(kiosk.alarms).toStrictEqual([]);
});

test.for([
  ['of another chain', (): Origin => claim({ digest: 'ab'.repeat(32) }), 'are not those made here'],
  [
    'of sequences that were never made',
    (): Origin => claim({ held: [{ first: 1, last: 2 ** 50 }] }),
    'expected nothing after 3',
  ],
  ['that calls lost what was not', (): Origin => claim({ voids: [{ first: 3, last: 3 }] }), 'never declared'],
] as const)('one %s lets nothing go, and is told', async ([, wrong, told]) => {
  await give(signedAck(proxy, { origins: [wrong()] }));
  expect(waiting()).toStrictEqual([1, 2, 3]);
  expect(kiosk.relay.pool.holdings()).toMatchObject([{ long: [{ first: 1, last: 3 }] }]);
  expect(kiosk.alarms).toHaveLength(1);
  expect(kiosk.alarms[0]).toContain(told);
});

test.for([
  ['forged', (): Buffer => signedAck({ ...proxy, key: fixedKey(9) }, { origins: [claim()] })],
  [
    'by a ferry',
    (): Buffer => signedAck({ ...enrolledNode(3, 'ferry'), guid: proxy.guid }, { origins: [claim()] }),
  ],
  [
    'by a proxy of a foreign office',
    (): Buffer => signedAck(enrolledNode(0x50, 'proxy', fixedKey(0xc3)), { origins: [claim()] }),
  ],
  ['of another shard', (): Buffer => signedAck(proxy, { shard: 1, origins: [claim()] })],
  ['cut', (): Buffer => signedAck(proxy, { origins: [claim()] }).subarray(0, 200)],
] as const)('one that is %s covers nothing, and is counted', async ([, ack]) => {
  expect(await give(ack())).toBe(0);
  expect(waiting()).toStrictEqual([1, 2, 3]);
  expect(kiosk.relay.acks.names()).toStrictEqual([]);
  expect(kiosk.relay.acks.cover.of({ origin: kiosk.guid, incarnation })).toStrictEqual([]);
  expect(kiosk.ledger.poolNotes.counts()).toStrictEqual({ quarantined: 1 });
});

test('one of another epoch under the same enrolment is not taken', async () => {
  await give(signedAck(proxy, { number: 1, origins: [] }));
  expect(await give(signedAck(proxy, { number: 9, epoch: '00000000000000ff', origins: [claim()] }))).toBe(0);
  expect(waiting()).toStrictEqual([1, 2, 3]);
});

test.for([
  ['another incarnation of this node', { incarnation: '00000000000000cc' }],
  ['another node', { origin: enrolledNode(3).guid }],
] as const)('one that is of %s lets nothing go, with the very digests of this one too', async ([, other]) => {
  expect(await give(signedAck(proxy, { origins: [claim(other)] }))).toBe(1);
  expect(waiting()).toStrictEqual([1, 2, 3]);
  expect(kiosk.relay.pool.holdings()).toMatchObject([{ long: [{ first: 1, last: 3 }] }]);
  expect(kiosk.alarms).toStrictEqual([]);
});

test('a link in the place of one is not followed', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'acks'));
  const ack = join(folder, 'right.zip');
  writeFileSync(ack, signedAck(proxy, { origins: [claim()] }));
  const name = `acks/${proxy.guid}.0.zip`;
  writeFileSync(join(folder, name), '');
  const link = (path: string): void => {
    rmSync(path);
    symlinkSync(ack, path);
  };
  expect(await kiosk.takeAck(folder, { proxy: proxy.guid, shard: 0 }, { spoil: link })).toBe(0);
  expect(waiting()).toStrictEqual([1, 2, 3]);
  expect(kiosk.relay.acks.names()).toStrictEqual([]);
});

test('a ferry lets go of what the right one covers as soon as a neighbour has brought it, and of nothing else', async () => {
  const settings = { poolBytes: 1e6, ownBytes: 1e6 };
  const ferry = await PoolNode.start(join(temporaryFolder(), 'root'), 2, 'ferry', settings);
  expect(await ferry.pullFrom(kiosk)).toBe(3);
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'acks'));
  writeFileSync(join(folder, `acks/${proxy.guid}.0.zip`), signedAck(proxy, { origins: [claim()] }));
  expect(await ferry.takeAck(folder, { proxy: proxy.guid, shard: 0 })).toBe(1);
  expect(ferry.relay.pool.holdings()).toMatchObject([{ short: [], long: [{ first: 3, last: 3 }] }]);
  expect(await ferry.files()).toHaveLength(1);
  expect(await ferry.pullFrom(kiosk)).toBe(0);
  ferry.ledger.close();
});
