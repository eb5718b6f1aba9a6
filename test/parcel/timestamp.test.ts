import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTimestamp, isTimestamp } from '../../src/parcel/timestamp.ts';

describe('a time of the format', () => {
  it('is written in one way, in which text order is time order', () => {
    const second = fc.nat(Date.parse('9999-12-31T23:59:59Z') / 1000);
    fc.assert(
      fc.property(second, second, (a, b) => {
        const [first, other] = [formatTimestamp(a * 1000), formatTimestamp(b * 1000)];
        expect(isTimestamp(first)).toBe(true);
        expect(Date.parse(first)).toBe(a * 1000);
        expect(first < other).toBe(a < b);
      }),
    );
  });

  it('leaves out fractions of a second', () => {
    expect(formatTimestamp(Date.parse('2026-11-21T08:00:00.999Z'))).toBe('2026-11-21T08:00:00Z');
  });

  it('is a real second of the years 1970 to 9999, in UTC', () => {
    const none = [
      '',
      '2026-11-21',
      '2026-11-21T08:00Z',
      '2026-11-21T08:00:00',
      '2026-11-21T08:00:00z',
      '2026-11-21 08:00:00Z',
      '2026-11-21T08:00:00.0Z',
      '2026-11-21T08:00:00+00:00',
      '2026-02-29T00:00:00Z',
      '2026-04-31T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-00-10T00:00:00Z',
      '2026-11-21T24:00:00Z',
      '2026-11-21T23:60:00Z',
      '2026-12-31T23:59:60Z',
      '1969-12-31T23:59:59Z',
      '+010000-01-01T00:00:00Z',
      '2026-11-21T08:00:00Z\n',
    ];
    expect(none.filter(isTimestamp)).toEqual([]);
    const some = ['1970-01-01T00:00:00Z', '2024-02-29T00:00:00Z', '9999-12-31T23:59:59Z'];
    expect(some.filter(isTimestamp)).toEqual(some);
  });
});
