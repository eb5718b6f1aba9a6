import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTimestamp, isTimestamp } from '../../src/parcel/timestamp.ts';
import { raiseFloor } from '../../src/plan/time-floor.ts';

const dayMs = 24 * 3600 * 1000;
const timestamp = fc
  .nat(Date.parse('9999-12-31T23:59:59Z') / 1000)
  .map((seconds) => formatTimestamp(seconds * 1000));

describe('the time floor', () => {
  it('is set by the first parcel, whatever its time', () => {
    expect(raiseFloor(undefined, '1970-01-01T00:00:00Z')).toBe('1970-01-01T00:00:00Z');
    expect(raiseFloor(undefined, '9999-12-31T23:59:59Z')).toBe('9999-12-31T23:59:59Z');
  });

  it('never falls, and moves by at most 400 days with one parcel', () => {
    fc.assert(
      fc.property(timestamp, fc.array(timestamp, { maxLength: 20 }), (first, parcels) => {
        let floor = raiseFloor(undefined, first);
        for (const created of parcels) {
          const next = raiseFloor(floor, created);
          expect(isTimestamp(next)).toBe(true);
          expect(next >= floor).toBe(true);
          expect(next <= created || next === floor).toBe(true);
          expect(Date.parse(next) - Date.parse(floor)).toBeLessThanOrEqual(400 * dayMs);
          floor = next;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('rises to the time of a newer parcel and stays at that of an older one', () => {
    expect(raiseFloor('2026-11-21T00:00:00Z', '2026-11-21T00:00:01Z')).toBe('2026-11-21T00:00:01Z');
    expect(raiseFloor('2026-11-21T00:00:00Z', '2026-11-21T00:00:00Z')).toBe('2026-11-21T00:00:00Z');
    expect(raiseFloor('2026-11-21T00:00:00Z', '2026-11-20T23:59:59Z')).toBe('2026-11-21T00:00:00Z');
  });

  it('goes exactly 400 days towards a parcel from far in the future', () => {
    expect(raiseFloor('2026-01-01T00:00:00Z', '2027-02-05T00:00:00Z')).toBe('2027-02-05T00:00:00Z');
    expect(raiseFloor('2026-01-01T00:00:00Z', '2027-02-05T00:00:01Z')).toBe('2027-02-05T00:00:00Z');
    expect(raiseFloor('2026-01-01T00:00:00Z', '9999-12-31T23:59:59Z')).toBe('2027-02-05T00:00:00Z');
  });

  it('stops at the last second that the format can write', () => {
    expect(raiseFloor('9999-12-01T00:00:00Z', '9999-12-31T23:59:59Z')).toBe('9999-12-31T23:59:59Z');
    expect(raiseFloor('9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z')).toBe('9999-12-31T23:59:59Z');
  });
});
