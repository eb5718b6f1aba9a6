/** However archives come, in what order, how often and in what portions: the store, what is read and what is acknowledged are the same. */
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { chainOver } from '../../src/parcel/chain.ts';
import { hashParcel } from '../../src/parcel/framing.ts';
import { contains } from '../../src/parcel/sequence-sets.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { archive, kioskGuid, ProxyDesk } from './proxy-desk.ts';

afterAll(removeFolders);

interface Made {
  readonly origin: string;
  readonly sequence: number;
  readonly bytes: Buffer;
}

const made: fc.Arbitrary<Made[]> = fc
  .uniqueArray(
    fc.record({
      nth: fc.constantFrom(1, 2),
      sequence: fc.integer({ min: 1, max: 9 }),
      lost: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
      paths: fc.subarray(['ledger.jsonl', 'contacts.jsonl', 'new-kind.txt']),
    }),
    { selector: ({ nth, sequence }) => `${nth}/${sequence}`, minLength: 1, maxLength: 8 },
  )
  .map((drafts) =>
    drafts.map(({ nth, sequence, lost, paths }) => {
      const origin = kioskGuid(nth);
      const voids = lost !== undefined && lost < sequence ? [{ first: lost, last: lost }] : [];
      const files = Object.fromEntries(
        paths.map((path) => [path, Buffer.from(`${nth}/${sequence} ${path}\n`.repeat(sequence))]),
      );
      return { origin, sequence, bytes: archive({ origin, sequence, voids, files }) };
    }),
  );

/** The archives in some order, some of them again, cut into portions. */
function arrivals(archives: readonly Made[]): fc.Arbitrary<Buffer[][]> {
  const all = archives.map(({ bytes }) => bytes);
  return fc
    .tuple(
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.array(fc.constantFrom(...all), { maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
    )
    .map(([first, again, portion]) => {
      const order = [...first, ...again];
      return Array.from({ length: Math.ceil(order.length / portion) }, (_, at) =>
        order.slice(at * portion, (at + 1) * portion),
      );
    });
}

async function outcome(portions: readonly Buffer[][]): Promise<object> {
  const desk = new ProxyDesk();
  const proxy = await desk.open();
  for (const portion of portions) await desk.take(proxy, ...portion);
  proxy.close();
  const { origins } = await desk.ack();
  return { origins, store: desk.tree(desk.places.store), readable: desk.tree(desk.places.unpacked) };
}

/** The number that acknowledgements have got to is not the same. */
function withoutEpoch(one: object): object {
  return JSON.parse(
    JSON.stringify(one, (key, value: unknown) => (key === 'epoch.json' ? undefined : value)),
  ) as object;
}

test('any order and repetition of arrivals gives the same store, the same files to read and the same acknowledgement', async () => {
  await fc.assert(
    fc.asyncProperty(
      made.chain((archives) => fc.tuple(fc.constant(archives), arrivals(archives), arrivals(archives))),
      async ([, one, other]) => {
        expect(withoutEpoch(await outcome(one))).toEqual(withoutEpoch(await outcome(other)));
      },
    ),
    { numRuns: 12 },
  );
}, 120_000);

test('what is acknowledged is what a fresh count over the archives gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      made.chain((archives) => fc.tuple(fc.constant(archives), arrivals(archives))),
      async ([archives, portions]) => {
        const desk = new ProxyDesk();
        const proxy = await desk.open();
        for (const portion of portions) await desk.take(proxy, ...portion);
        proxy.close();
        for (const { origin, held, voids, digest } of (await desk.ack()).origins) {
          const own = archives
            .filter((one) => one.origin === origin)
            .toSorted((a, b) => a.sequence - b.sequence);
          expect(own.every(({ sequence }) => contains(held, sequence))).toBe(true);
          expect(held.reduce((sum, { first, last }) => sum + last - first + 1, 0)).toBe(own.length);
          expect(own.some(({ sequence }) => contains(voids, sequence))).toBe(false);
          expect(digest).toBe(chainOver(own.map(({ bytes }) => hashParcel(bytes).digest)));
        }
      },
    ),
    { numRuns: 8 },
  );
}, 120_000);
