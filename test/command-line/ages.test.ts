/** Ages and durations in words: told where they can be true, and not where a clock makes them nonsense. */
import { describe, expect, test } from 'vitest';
import { age, inWords, isBehind, type Now } from '../../src/command-line/ages.ts';

const floor = '2020-06-01T00:00:00Z';
const signed = '2020-05-01T00:00:00Z';

function at(clock: string): Now {
  return { clockMs: Date.parse(clock), floor };
}

describe('an age', () => {
  test.each([
    ['2020-06-02T12:00:00Z', '2020-06-02T12:00:00Z', 'just now'],
    ['2020-06-02T12:00:00Z', '2020-06-02T11:59:59Z', '1 second ago'],
    ['2020-06-02T12:00:00Z', '2020-06-02T11:58:01Z', '119 seconds ago'],
    ['2020-06-02T12:00:00Z', '2020-06-02T11:58:00Z', '2 minutes ago'],
    ['2020-06-02T12:00:00Z', '2020-06-02T09:59:00Z', '2 hours ago'],
    ['2020-06-04T12:00:00Z', '2020-06-02T12:00:00Z', '2 days ago'],
    ['2020-09-01T12:00:00Z', '2020-06-02T12:00:00Z', '2 months ago'],
    ['2024-06-04T12:00:00Z', '2020-06-02T12:00:00Z', '4 years ago'],
  ])('at %s of %s is %j', (clock, moment, words) => {
    expect(age(moment, at(clock), signed)).toBe(words);
  });

  test('is not told while the clock is behind a signed time', () => {
    const now = at('1970-01-01T00:01:00Z');
    expect(isBehind(now)).toBe(true);
    expect(age('1970-01-01T00:00:30Z', now)).toBeUndefined();
  });

  test('is not told of a moment before the update was signed: the clock was wrong then', () => {
    expect(age('1970-01-01T00:00:30Z', at('2020-06-02T00:00:00Z'), signed)).toBeUndefined();
  });

  test('is not told of the future', () => {
    expect(age('2020-06-03T00:00:00Z', at('2020-06-02T00:00:00Z'), signed)).toBeUndefined();
  });

  test('is told where nothing has been signed yet', () => {
    expect(age('1970-01-01T00:00:30Z', { clockMs: 60_000, floor: null })).toBe('30 seconds ago');
  });
});

test('a duration is rounded down, never below nothing', () => {
  expect([0, 0.4, 1.9, 119.9, 7199, -3].map(inWords)).toEqual([
    '0 seconds',
    '0 seconds',
    '1 second',
    '119 seconds',
    '119 minutes',
    '0 seconds',
  ]);
});
