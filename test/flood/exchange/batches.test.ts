/** What is fetched together: the most wanted first, and never so much that a contact that ends leaves much unproven. */
import { expect, test } from 'vitest';
import type { Want } from '../../../src/flood/decide/wants.ts';
import { makeBatches } from '../../../src/flood/exchange/batches.ts';

const mib = 1024 * 1024;

function log(sequence: number, archiveClass: 'short' | 'long' = 'long', bytes = 1000): Want {
  const origin = '0a000000-0000-4000-8000-000000000001';
  return {
    kind: 'log',
    archive: { origin, incarnation: '00000000000000aa', sequence, class: archiveClass, bytes },
  };
}

test('roster and acknowledgements come together and first, each update alone, short archives before long ones', () => {
  const wants: Want[] = [
    log(1),
    log(2, 'short'),
    { kind: 'update', digest: 'u1' },
    { kind: 'update', digest: 'u2' },
    { kind: 'ack', proxy: 'p', shard: 0 },
    { kind: 'roster' },
  ];
  const kinds = makeBatches(wants, 1e9).map((batch) =>
    batch.wants.map((want) => (want.kind === 'log' ? want.archive.class : want.kind)),
  );
  expect(kinds).toEqual([['ack', 'roster'], ['update'], ['update'], ['short'], ['long']]);
});

test('one has at most a thousand archives, and 64 MiB of them; each is in one', () => {
  const small = Array.from({ length: 2500 }, (_, index) => log(index + 1));
  const batches = makeBatches(small, 1e12);
  expect(batches.map(({ wants }) => wants.length)).toEqual([1000, 1000, 500]);
  expect(batches.flatMap(({ wants }) => wants)).toEqual(small);
  const large = Array.from({ length: 5 }, (_, index) => log(index + 1, 'long', 30 * mib));
  expect(makeBatches(large, 1e12).map(({ wants }) => wants.length)).toEqual([2, 2, 1]);
});

test('no more is let in than the contact may bring, nor a larger file than its kind may be', () => {
  for (const batch of makeBatches([{ kind: 'roster' }, log(1, 'short'), log(2)], 5000))
    expect(batch.maxBytes).toBe(5000);
  const [acks, short, long] = makeBatches([{ kind: 'roster' }, log(1, 'short'), log(2)], 1e12);
  expect([acks?.maxFileBytes, short?.maxFileBytes, long?.maxFileBytes]).toEqual([mib, 256 * 1024, 32 * mib]);
  expect(long?.maxBytes).toBe(32 * mib);
});
