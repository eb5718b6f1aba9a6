import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admit,
  admitOwn,
  capacityForArchives,
  evictDownToLowWater,
  fairShare,
  type Room,
  type Stored,
} from '../../../src/flood/decide/room.ts';
import { origins, stored } from './arbitraries.ts';

const pool = fc.array(stored, { maxLength: 25 });
const foreign = stored.map((item): Stored => ({ ...item, isOwn: false, isCovered: false }));

function bytesOf(items: readonly Stored[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

function roomOf(capacityBytes: number): Room {
  return { capacityBytes, highWater: 0.9, lowWater: 0.6 };
}

const item: Stored = {
  origin: 'kiosk-1',
  isOwn: false,
  class: 'long',
  bytes: 10,
  isCovered: false,
  value: 0,
  arrival: 1,
};

describe('a foreign archive', () => {
  it('is taken in only where it fits with what stays, and never for own undelivered archives', () => {
    fc.assert(
      fc.property(pool, foreign, fc.integer({ min: 0, max: 800 }), (here, candidate, capacity) => {
        const admission = admit(candidate, here, roomOf(capacity));
        const evict = 'evict' in admission ? admission.evict : [];
        const fits = bytesOf(here) - bytesOf(evict) + candidate.bytes <= capacity;
        expect('whyNot' in admission || fits).toBe(true);
        expect(evict.filter(({ isOwn, isCovered }) => isOwn && !isCovered)).toEqual([]);
        expect(new Set(evict).size).toBe(evict.length);
        expect(evict.every((each) => here.includes(each))).toBe(true);
      }),
    );
  });

  it('never takes the place of what is worth as much or more, but of one of an origin above its share', () => {
    fc.assert(
      fc.property(pool, foreign, fc.integer({ min: 100, max: 800 }), (here, candidate, capacity) => {
        const admission = admit(candidate, here, roomOf(capacity));
        const evict = 'evict' in admission ? admission.evict : [];
        const living = [...here, candidate].filter(({ isOwn, isCovered }) => !isOwn && !isCovered);
        const share = fairShare(roomOf(capacity), new Set(living.map(({ origin }) => origin)).size);
        const isOver = ({ origin }: Stored): boolean =>
          bytesOf(living.filter((other) => other.origin === origin)) > share;
        const better = evict.filter(
          (each) =>
            !each.isCovered &&
            !(isOver(each) && each.origin !== candidate.origin) &&
            (each.class === candidate.class ? each.value >= candidate.value : each.class === 'short'),
        );
        expect(better).toEqual([]);
      }),
    );
  });

  it('does not go to and fro between two full nodes', () => {
    fc.assert(
      fc.property(
        fc.array(foreign, { minLength: 2, maxLength: 12 }),
        fc.integer({ min: 100, max: 300 }),
        (all, capacity) => {
          const nodes: Stored[][] = [[], []];
          let moved = 0;
          for (let round = 0; round < 40; round++) {
            moved = 0;
            for (const [index, here] of nodes.entries())
              for (const candidate of round === 0
                ? all.filter((_, at) => at % 2 === index)
                : (nodes[1 - index] ?? [])) {
                if (here.includes(candidate)) continue;
                const admission = admit(candidate, here, roomOf(capacity));
                if (!('evict' in admission)) continue;
                moved++;
                for (const gone of admission.evict) here.splice(here.indexOf(gone), 1);
                here.push(candidate);
              }
          }
          expect(moved).toBe(0);
        },
      ),
    );
  });

  it('is told why it is not taken', () => {
    const own = { ...item, isOwn: true, bytes: 100 };
    expect(admit({ ...item, bytes: 101 }, [], roomOf(100))).toEqual({
      whyNot: 'it is larger than all the room for archives',
    });
    expect(admit(item, [own], roomOf(100))).toEqual({ whyNot: 'what is here is worth as much' });
    expect(admit(item, [{ ...item, bytes: 100 }], roomOf(100))).toEqual({
      whyNot: 'what is here is worth as much',
    });
  });
});

describe('what goes when there is no room', () => {
  const covered = { ...item, isCovered: true, value: 9, arrival: 90 };
  const big = [1, 2, 3, 4, 5, 6, 7].map((arrival) => ({ ...item, origin: 'kiosk-2', bytes: 12, arrival }));
  const short = { ...item, class: 'short', arrival: 0 } as const;
  const old = { ...item, arrival: 2 };
  const young = { ...item, arrival: 3 };
  const poor = { ...item, origin: 'kiosk-3', value: -1, arrival: 80 };
  const own = { ...item, isOwn: true, arrival: 0 };

  it('is what is covered, then of origins above their share the largest, then long before short, the least worth, the oldest', () => {
    const room = { capacityBytes: 100, highWater: 0, lowWater: 0 };
    const gone = evictDownToLowWater([own, short, young, old, poor, ...big, covered], room);
    expect(gone.slice(0, 4)).toEqual([covered, big[0], big[1], poor]);
    expect(gone.at(-1)).toBe(short);
    expect(gone).not.toContain(own);
    expect(gone.indexOf(old)).toBeLessThan(gone.indexOf(young));
  });

  it('never is an own archive that nobody else holds', () => {
    fc.assert(
      fc.property(pool, fc.integer({ min: 0, max: 500 }), (here, capacity) => {
        const gone = evictDownToLowWater(here, roomOf(capacity));
        expect(gone.filter(({ isOwn, isCovered }) => isOwn && !isCovered)).toEqual([]);
      }),
    );
  });

  it('goes from the high water mark down to the low one, and not below', () => {
    fc.assert(
      fc.property(pool, fc.integer({ min: 0, max: 1500 }), (here, capacity) => {
        const gone = evictDownToLowWater(here, roomOf(capacity));
        const left = bytesOf(here) - bytesOf(gone);
        const isAbove = bytesOf(here) > 0.9 * capacity;
        expect(gone.length > 0 && !isAbove).toBe(false);
        const last = gone.at(-1)?.bytes ?? Infinity;
        expect(left + last).toBeGreaterThan(0.6 * capacity);
        const mayGo = here.filter(({ isOwn, isCovered }) => !isOwn || isCovered);
        expect(!isAbove || left <= 0.6 * capacity || gone.length === mayGo.length).toBe(true);
      }),
    );
  });

  it('leaves no origin above its share while one below it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(foreign, { maxLength: 25 }),
        fc.integer({ min: 1, max: 800 }),
        (here, capacity) => {
          const room = roomOf(capacity);
          const share = fairShare(room, new Set(here.map(({ origin }) => origin)).size);
          const gone = new Set(evictDownToLowWater(here, room));
          const of = (origin: string): Stored[] => here.filter((each) => each.origin === origin);
          const wasCut = (origin: string): boolean =>
            of(origin).some((each) => gone.has(each)) && bytesOf(of(origin)) <= share;
          const isOver = (origin: string): boolean =>
            bytesOf(of(origin).filter((each) => !gone.has(each))) > share;
          expect(origins.some(wasCut) && origins.some(isOver)).toBe(false);
        },
      ),
    );
  });
});

describe('an archive made here', () => {
  it('pushes out every foreign one before an own one, and short ones last', () => {
    fc.assert(
      fc.property(pool, stored, fc.integer({ min: 100, max: 800 }), (here, made, capacity) => {
        const { evict, drop } = admitOwn({ ...made, isOwn: true }, here, roomOf(capacity));
        const left = here.filter((each) => !evict.includes(each) && !drop.includes(each));
        expect(bytesOf(left) + made.bytes <= capacity || left.length === 0).toBe(true);
        const stay = {
          foreign: left.some(({ isOwn, isCovered }) => !isOwn || isCovered),
          long: left.some((each) => each.isOwn && each.class === 'long'),
        };
        expect(drop.length > 0 && stay.foreign).toBe(false);
        expect(drop.some((each) => each.class === 'short') && stay.long).toBe(false);
        expect(drop.every(({ isOwn, isCovered }) => isOwn && !isCovered)).toBe(true);
      }),
    );
  });

  it('lets the oldest long one go first', () => {
    const [first, second] = [1, 2].map((arrival) => ({ ...item, isOwn: true, bytes: 50, arrival }));
    const made = { ...item, isOwn: true, bytes: 50, arrival: 3 };
    expect(
      admitOwn(
        made,
        [second, first].flatMap((each) => each ?? []),
        roomOf(100),
      ),
    ).toEqual({
      evict: [],
      drop: [first],
    });
  });
});

it('what updates, rosters and acknowledgements need is not for archives', () => {
  expect(capacityForArchives(1000, 300)).toBe(700);
  expect(capacityForArchives(100, 300)).toBe(0);
});
