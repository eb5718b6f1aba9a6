/** Which acknowledgements are asked for, and in which order one is kept. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { AckShelf, keepAck, proveAck, type ProvenAck } from '../../../src/flood/pool/ack-shelf.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { makeLedger } from '../../../src/ledger/open.ts';
import { maxAckBytes } from '../../../src/parcel/limits.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { nodeTrust } from '../nodes.ts';

afterAll(removeFolders);

let folder: string;
let ledger: Ledger;
beforeEach(() => {
  folder = temporaryFolder();
  ledger = makeLedger(join(folder, 'ledger.sqlite'));
});
afterEach(() => ledger.close());

const [epoch, otherEpoch] = ['00000000000000aa', '00000000000000bb'];
const stream = { origin: 'kiosk', incarnation: '0000000000000001', digest: '' };
const held = [{ ...stream, held: [{ first: 1, last: 3 }], voids: [] }];

function ack(more: Partial<ProvenAck> = {}): ProvenAck {
  const name = { proxy: 'proxy', shard: 0, epoch, number: 5 };
  return { ...name, serial: 1, digest: 'd', created: '2026-11-01T00:00:00Z', origins: held, ...more };
}

test('what is newer, or may be, is asked for; what is here, older, or was declined once is not', () => {
  const shelf = new AckShelf(join(folder, 'acks'), ledger);
  expect(shelf.needs(ack())).toBe(true);
  expect(shelf.take(ack(), Buffer.from('5'))).toBe('newer');
  expect([4, 5, 6].map((number) => shelf.needs(ack({ number })))).toEqual([false, false, true]);
  expect(shelf.needs(ack({ shard: 1 }))).toBe(true);
  // Only the serial inside tells how another epoch stands to this one.
  const conflict = ack({ epoch: otherEpoch, number: 1 });
  expect(shelf.needs(conflict)).toBe(true);
  expect(shelf.take(conflict, Buffer.from('other'))).toBe('conflict');
  expect(shelf.needs(conflict)).toBe(false);
  expect(shelf.needs(ack({ epoch: otherEpoch, number: 2 }))).toBe(true);
  expect(readFileSync(join(folder, 'acks/proxy.0.zip'), 'utf8')).toBe('5');
});

test('of declined ones without end some are remembered', () => {
  const shelf = new AckShelf(join(folder, 'acks'), ledger);
  shelf.take(ack(), Buffer.from('5'));
  const other = (number: number): ProvenAck => ack({ epoch: otherEpoch, number });
  for (let number = 1; number <= 10_001; number += 1) shelf.take(other(number), Buffer.alloc(0));
  expect([10_000, 10_001].map((number) => shelf.needs(other(number)))).toEqual([false, true]);
});

test('one that is kept is on the disk before anything counts as covered by it', () => {
  // In the place of its file stands what no file takes the place of.
  mkdirSync(join(folder, 'acks/proxy.0.zip/inside'), { recursive: true });
  expect(() => keepAck(join(folder, 'acks'), ledger, ack(), Buffer.from('5'))).toThrow(
    /EISDIR|ENOTEMPTY|EEXIST/,
  );
  expect([ledger.cover.newestAck('proxy', 0), ledger.cover.of('kiosk', stream.incarnation)]).toEqual([
    undefined,
    [],
  ]);
  mkdirSync(join(folder, 'others'));
  expect(keepAck(join(folder, 'others'), ledger, ack(), Buffer.from('5'))).toBe('newer');
  expect(existsSync(join(folder, 'others/proxy.0.zip'))).toBe(true);
  expect(ledger.cover.of('kiosk', stream.incarnation)).toEqual([{ first: 1, last: 3 }]);
});

test('one that is too large is not looked at', async () => {
  await expect(proveAck(Buffer.alloc(maxAckBytes + 1), nodeTrust())).rejects.toMatchObject({
    code: 'framing.too-large',
  });
});
