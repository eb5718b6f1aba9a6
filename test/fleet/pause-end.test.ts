import { expect, test } from 'vitest';
import { pauseEnd } from '../../src/fleet/pause-end.ts';

const now = Date.parse('2026-11-21T08:00:00Z');

test.each([
  ['2026-12-01', '2026-12-01T23:59:59.000Z'],
  ['2026-11-21', '2026-11-21T23:59:59.000Z'],
  ['2026-12-01T08:00:00+02:00', '2026-12-01T06:00:00.000Z'],
  ['30d', '2026-12-21T08:00:00.000Z'],
  ['366d', '2027-11-22T08:00:00.000Z'],
])('a pause until %s ends at %s', (until, end) => {
  expect(new Date(pauseEnd(until, now)).toISOString()).toBe(end);
});

test.each([
  'tomorrow',
  '',
  '0d',
  '2026-11-20',
  '2026-02-30',
  '2027-02-29',
  '9999-01-01',
  '400d',
  '2026-12-01T25:00:00Z',
])('until "%s" is refused, with what can be said', (until) => {
  expect(() => pauseEnd(until, now)).toThrow(/a day like 2026-12-01, .* how long like 30d/);
});
