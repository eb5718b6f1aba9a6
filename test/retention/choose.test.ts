import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseToRemove, type Kept } from '../../src/retention/choose.ts';

const kept = fc.array(fc.record({ path: fc.string(), bytes: fc.nat(1000), lastChange: fc.nat(50) }), {
  maxLength: 30,
});
const bounds = fc.record({
  oldUpTo: fc.integer({ min: 1, max: 50 }),
  maxBytes: fc.nat(5000),
  maxCount: fc.nat(20),
});

test('what stays fits, is young, and nothing younger than it was removed', () => {
  fc.assert(
    fc.property(kept, bounds, (all, limits) => {
      const removed = new Set<Kept>(chooseToRemove(all, limits));
      const stays = all.filter((one) => !removed.has(one));
      expect(stays.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(limits.maxBytes);
      expect(stays.length).toBeLessThanOrEqual(limits.maxCount);
      for (const one of stays) expect(one.lastChange).toBeGreaterThan(limits.oldUpTo);
      const oldestThatStays = Math.min(...stays.map(({ lastChange }) => lastChange));
      for (const { lastChange } of removed)
        expect(lastChange <= limits.oldUpTo || lastChange <= oldestThatStays).toBe(true);
    }),
  );
});

test('nothing goes that is young and for which there is room', () => {
  fc.assert(
    fc.property(kept, (all) => {
      const young = all.map((one) => ({ ...one, lastChange: one.lastChange + 1 }));
      const bytes = young.reduce((sum, one) => sum + one.bytes, 0);
      expect(chooseToRemove(young, { oldUpTo: 0, maxBytes: bytes, maxCount: young.length })).toEqual([]);
    }),
  );
});

test('while nothing is known of so long ago, nothing is too old: not even what a lost ledger knew', () => {
  const unknown = { path: 'log', bytes: 1, lastChange: 0 };
  expect(chooseToRemove([unknown], { oldUpTo: 0, maxBytes: 10, maxCount: 10 })).toEqual([]);
  expect(chooseToRemove([unknown], { oldUpTo: 1, maxBytes: 10, maxCount: 10 })).toEqual([unknown]);
});
