import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, each, includes, intersect, subtract, union } from '../../src/parcel/sequence-sets.ts';
import { countSequences, normaliseRanges, type SequenceRange } from '../../src/parcel/sequences.ts';
import { soundSet } from '../kit/fleet-arbitraries.ts';

const few = { numRuns: 500 };
/** Small enough to be counted out. */
const small = soundSet.filter((set) => countSequences(set) < 2_000);

function members(set: readonly SequenceRange[]): Set<number> {
  return new Set(each(set));
}

describe('sets of sequences', () => {
  it('are united, intersected and subtracted as sets of their members are', () => {
    fc.assert(
      fc.property(small, small, (a, b) => {
        const [inA, inB] = [members(a), members(b)];
        expect([...each(union(a, b))]).toEqual([...new Set([...inA, ...inB])].toSorted((x, y) => x - y));
        expect([...each(intersect(a, b))]).toEqual([...inA].filter((one) => inB.has(one)));
        expect([...each(subtract(a, b))]).toEqual([...inA].filter((one) => !inB.has(one)));
      }),
      few,
    );
  });

  it('stay in their one form', () => {
    fc.assert(
      fc.property(soundSet, soundSet, (a, b) => {
        for (const result of [union(a, b), intersect(a, b), subtract(a, b)])
          expect(normaliseRanges(result)).toEqual(result);
      }),
      few,
    );
  });

  it('are united in any order and any number of times with one result', () => {
    fc.assert(
      fc.property(soundSet, soundSet, soundSet, (a, b, c) => {
        expect(union(a, b)).toEqual(union(b, a));
        expect(union(union(a, b), c)).toEqual(union(a, union(b, c)));
        expect(union(a, a)).toEqual(a);
        expect(union(union(a, b), b)).toEqual(union(a, b));
        expect(union(a, [])).toEqual(a);
      }),
      few,
    );
  });

  it('are intersected in any order and any number of times with one result', () => {
    fc.assert(
      fc.property(soundSet, soundSet, soundSet, (a, b, c) => {
        expect(intersect(a, b)).toEqual(intersect(b, a));
        expect(intersect(intersect(a, b), c)).toEqual(intersect(a, intersect(b, c)));
        expect(intersect(a, a)).toEqual(a);
      }),
      few,
    );
  });

  it('are divided by subtraction: what is left and what is in both are apart, and make the whole', () => {
    fc.assert(
      fc.property(soundSet, soundSet, (a, b) => {
        const [left, both] = [subtract(a, b), intersect(a, b)];
        expect(union(left, both)).toEqual(a);
        expect(intersect(left, b)).toEqual([]);
        expect(countSequences(left) + countSequences(both)).toBe(countSequences(a));
        expect(subtract(a, a)).toEqual([]);
        expect(includes(union(a, b), a)).toBe(true);
        expect(includes(a, b)).toBe(union(a, b).length === a.length && subtract(b, a).length === 0);
      }),
      few,
    );
  });

  it('contain their members and nothing beside them', () => {
    fc.assert(
      fc.property(soundSet, fc.nat(80), (set, one) => {
        expect(contains(set, one)).toBe(set.some(({ first, last }) => first <= one && one <= last));
        for (const { first, last } of set) {
          expect([contains(set, first), contains(set, last)]).toEqual([true, true]);
          expect([contains(set, first - 1), contains(set, last + 1)]).toEqual([false, false]);
        }
      }),
      few,
    );
  });
});
