import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standingOf, type AckVersion } from '../../../src/flood/decide/newest-ack.ts';

const version: fc.Arbitrary<AckVersion> = fc.record({
  serial: fc.integer({ min: 1, max: 3 }),
  epoch: fc.constantFrom('a', 'b', 'c'),
  number: fc.integer({ min: 1, max: 3 }),
});

describe('which acknowledgement of a proxy is newer', () => {
  it('the first is', () => {
    expect(standingOf({ serial: 1, epoch: 'a', number: 1 }, undefined)).toBe('newer');
  });

  it.each([
    ['the higher number of one epoch', [1, 'a', 2], [1, 'a', 1], 'newer'],
    ['a lower number is not, so a replay changes nothing', [1, 'a', 1], [1, 'a', 2], 'older'],
    ['another epoch of a higher serial', [2, 'b', 1], [1, 'a', 9], 'newer'],
    ['a serial that was replaced is not, whatever its number', [1, 'a', 9], [2, 'b', 1], 'older'],
    ['another epoch under the same serial is not: a store put back', [1, 'b', 9], [1, 'a', 1], 'conflict'],
    ['the same one again', [1, 'a', 1], [1, 'a', 1], 'same'],
  ] as const)('%s', (_, [s1, e1, n1], [s2, e2, n2], standing) => {
    expect(standingOf({ serial: s1, epoch: e1, number: n1 }, { serial: s2, epoch: e2, number: n2 })).toBe(
      standing,
    );
  });

  it('is never answered in a circle, so that a flood comes to rest', () => {
    fc.assert(
      fc.property(version, fc.array(version, { minLength: 1, maxLength: 12 }), (first, others) => {
        let held = first;
        for (const offered of others) {
          const before = held;
          if (standingOf(offered, held) === 'newer') held = offered;
          expect(['same', 'newer']).toContain(standingOf(held, before));
        }
        expect(standingOf(first, held)).not.toBe('newer');
      }),
    );
  });

  it('of two, at most one is newer', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const both = [standingOf(a, b), standingOf(b, a)].toSorted().join(' ');
        expect(
          ['newer older', 'same same', 'conflict conflict'].map((each) =>
            each.split(' ').toSorted().join(' '),
          ),
        ).toContain(both);
      }),
    );
  });
});
