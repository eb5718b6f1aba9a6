import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countSequences,
  formatRange,
  normaliseRanges,
  parseRange,
  type SequenceRange,
} from '../../src/parcel/sequences.ts';
import { looseRanges } from '../kit/arbitraries.ts';

/** The sequences that ranges name, one by one. */
function members(ranges: readonly SequenceRange[]): number[] {
  const all = new Set(
    ranges.flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    ),
  );
  return [...all].toSorted((a, b) => a - b);
}

describe('ranges of sequences', () => {
  it('name the same sequences when they are made normal', () => {
    fc.assert(
      fc.property(looseRanges(200), (ranges) => {
        expect(members(normaliseRanges(ranges))).toEqual(members(ranges));
      }),
    );
  });

  it('are sorted and do not touch when they are normal', () => {
    fc.assert(
      fc.property(looseRanges(200), (ranges) => {
        const normal = normaliseRanges(ranges);
        const gaps = normal.slice(1).map(({ first }, index) => first - (normal[index]?.last ?? 0));
        expect(gaps.filter((gap) => gap < 2)).toEqual([]);
      }),
    );
  });

  it('have one normal form, whatever their order, which stays as it is', () => {
    fc.assert(
      fc.property(looseRanges(200), fc.func(fc.integer()), (ranges, order) => {
        const normal = normaliseRanges(ranges);
        expect(normaliseRanges(normal)).toEqual(normal);
        expect(normaliseRanges(ranges.toSorted((a, b) => order(a) - order(b)))).toEqual(normal);
        expect(normaliseRanges(members(ranges).map((one) => ({ first: one, last: one })))).toEqual(normal);
      }),
    );
  });

  it('are counted without double ones when they are normal', () => {
    fc.assert(
      fc.property(looseRanges(200), (ranges) => {
        expect(countSequences(normaliseRanges(ranges))).toBe(members(ranges).length);
      }),
    );
  });

  it('are written and read back the same', () => {
    fc.assert(
      fc.property(
        fc
          .tuple(fc.integer({ min: 1 }), fc.integer({ min: 0 }))
          .map(([first, more]) => ({ first, last: first + more })),
        (range) => {
          expect(parseRange(formatRange(range))).toEqual(range);
        },
      ),
    );
  });

  it('have one spelling', () => {
    const others = [
      '',
      '0',
      '-1',
      '1-',
      '-',
      '01',
      '1-01',
      '3-3',
      '3-2',
      '1-2-3',
      ' 1',
      '1 ',
      '1 - 2',
      '+1',
      '1.0',
      '1e3',
      '0x10',
      '١',
      '1\n',
    ];
    expect(others.filter((text) => parseRange(text) !== undefined)).toEqual([]);
    expect(parseRange('9007199254740991')).toEqual({ first: 2 ** 53 - 1, last: 2 ** 53 - 1 });
    expect(parseRange('9007199254740992')).toBeUndefined();
    expect(parseRange('1-9007199254740992')).toBeUndefined();
  });
});
