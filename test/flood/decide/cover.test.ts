import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Cover,
  mayForget,
  whyRefused,
  type AckedStream,
  type Refused,
} from '../../../src/flood/decide/cover.ts';
import type { Stream } from '../../../src/flood/decide/archive.ts';
import { each, union } from '../../../src/parcel/sequence-sets.ts';
import { ack, incarnations, origins } from './arbitraries.ts';

function coverOf(...acks: readonly (readonly AckedStream[])[]): Cover {
  const cover = new Cover();
  for (const origin of acks) cover.addAck(origin);
  return cover;
}

function told(cover: Cover): Record<string, unknown> {
  return Object.fromEntries(cover.entries());
}

/** Takes in all that another one covers. */
function addAll(cover: Cover, other: Cover): void {
  for (const [key, covered] of other.entries()) {
    const [origin = '', incarnation = ''] = key.split('/');
    cover.addAck([{ origin, incarnation, held: covered, voids: [] }]);
  }
}

/** Everything up to this sequence is covered; 0: not even the first. */
function floorOf(cover: Cover, stream: Stream): number {
  const [lowest] = cover.of(stream);
  return lowest?.first === 1 ? lowest.last : 0;
}

function merged(a: Cover, b: Cover): Cover {
  const both = new Cover(a.entries());
  addAll(both, b);
  return both;
}

const streams = origins.flatMap((origin) => incarnations.map((incarnation) => ({ origin, incarnation })));

describe('what is covered', () => {
  it('is the same in whatever order acknowledgements come', () => {
    fc.assert(
      fc.property(ack, ack, (a, b) => {
        expect(told(coverOf(a, b))).toEqual(told(coverOf(b, a)));
        expect(told(merged(coverOf(a), coverOf(b)))).toEqual(told(merged(coverOf(b), coverOf(a))));
      }),
    );
  });

  it('is the same however they are grouped on their way', () => {
    fc.assert(
      fc.property(ack, ack, ack, (a, b, c) => {
        const [x, y, z] = [coverOf(a), coverOf(b), coverOf(c)];
        expect(told(merged(merged(x, y), z))).toEqual(told(merged(x, merged(y, z))));
        expect(told(merged(merged(x, y), z))).toEqual(told(coverOf(a, b, c)));
      }),
    );
  });

  it('is not changed by hearing the same again', () => {
    fc.assert(
      fc.property(ack, (a) => {
        const cover = coverOf(a);
        const before = told(cover);
        expect(cover.addAck(a)).toEqual([]);
        addAll(cover, coverOf(a));
        expect(told(cover)).toEqual(before);
      }),
    );
  });

  it('never grows less, and its floor never falls, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(ack, { maxLength: 6 }), (acks) => {
        const cover = new Cover();
        const everCovered = new Map(streams.map((stream) => [stream, new Set<number>()]));
        for (const acked of acks) {
          const floors = streams.map((stream) => floorOf(cover, stream));
          cover.addAck(acked);
          for (const [index, stream] of streams.entries()) {
            expect(floorOf(cover, stream)).toBeGreaterThanOrEqual(floors[index] ?? 0);
            const ever = everCovered.get(stream);
            for (const sequence of each(cover.of(stream))) ever?.add(sequence);
            for (const sequence of ever ?? []) expect(cover.has({ ...stream, sequence })).toBe(true);
          }
        }
      }),
    );
  });

  it('is what is held together with what is void', () => {
    fc.assert(
      fc.property(ack, (acked) => {
        const cover = coverOf(acked);
        for (const one of acked) expect(cover.without(one, union(one.held, one.voids))).toEqual([]);
      }),
    );
  });

  it('tells which streams have grown', () => {
    const origin = { origin: 'kiosk-1', incarnation: incarnations[0] ?? '', voids: [] };
    const cover = coverOf([{ ...origin, held: [{ first: 1, last: 3 }] }]);
    expect(cover.addAck([{ ...origin, held: [{ first: 2, last: 3 }] }])).toEqual([]);
    expect(cover.addAck([{ ...origin, held: [{ first: 3, last: 4 }] }])).toHaveLength(1);
    expect(floorOf(cover, origin)).toBe(4);
  });
});

const archive = { origin: 'kiosk-1', incarnation: incarnations[0] ?? '', sequence: 5 };
const key = `kiosk-1/${archive.incarnation}`;
const nothingRefused: Refused = {
  cover: new Cover(),
  closed: new Set(),
  revoked: new Set(),
  quarantined: new Set(),
};

describe('an archive', () => {
  it('is refused for ever once it is covered', () => {
    fc.assert(
      fc.property(fc.array(ack, { minLength: 1, maxLength: 5 }), (acks) => {
        const cover = coverOf(...acks);
        for (const acked of acks.flat())
          for (const sequence of each(union(acked.held, acked.voids)))
            expect(whyRefused({ ...acked, sequence }, { ...nothingRefused, cover })).toBe('a proxy holds it');
      }),
    );
  });

  it.each([
    ['of a closed incarnation', { closed: new Set([key]) }, 'the office has closed this incarnation'],
    ['of a revoked node', { revoked: new Set(['kiosk-1']) }, 'its origin is revoked'],
    ['that was set aside', { quarantined: new Set([`${key}/5`]) }, 'it was set aside before'],
    ['that nothing stands against', {}, undefined],
    ['of another incarnation', { closed: new Set(['kiosk-1/0000000000000009']) }, undefined],
  ])('%s', (_, refused, why) => {
    expect(whyRefused(archive, { ...nothingRefused, ...refused })).toBe(why);
  });

  it('of a closed incarnation stays refused when what was covered of it is forgotten', () => {
    const cover = coverOf([{ ...archive, held: [{ first: 1, last: 9 }], voids: [] }]);
    const closed = new Set([key]);
    cover.forget(closed);
    expect(told(cover)).toEqual({});
    expect(whyRefused(archive, { ...nothingRefused, cover, closed })).toBe(
      'the office has closed this incarnation',
    );
  });
});

it('what is covered is forgotten only when no straggler can have an archive of it left', () => {
  const seconds = fc.integer({ min: 0, max: 1000 });
  /** A limit, and something within it. */
  const within = fc
    .tuple(seconds, seconds)
    .map(([a, b]) => ({ limit: Math.max(a, b), spent: Math.min(a, b) }));
  fc.assert(
    // the straggler's archive ages while its node is on, the node is off for a while, and its clock goes wrong
    fc.property(within, within, within, (age, off, error) => {
      const lives = { archive: age.limit, dormancy: off.limit, slack: error.limit };
      expect(mayForget(age.spent + off.spent + error.spent, lives)).toBe(false);
    }),
  );
  expect(mayForget(61, { archive: 30, dormancy: 20, slack: 10 })).toBe(true);
});
