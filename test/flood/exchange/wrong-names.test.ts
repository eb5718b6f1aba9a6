import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { shortName, wrongInFewWords } from '../../../src/flood/exchange/wrong-names.ts';

const stream = '0a000000-0000-4000-8000-000000000001/00000000000000cc';
const digest = '0123456789abcdef'.repeat(8);

test('every parcel that was wrong is named: of one stream after the first the sequence alone', () => {
  const names = [`${stream}/1`, `${stream}/2`, `${stream}/9`];
  expect(wrongInFewWords(names, 3, 115)).toBe(`${stream}/1, 2, 9`);
  const acks = 'acks/0b000000-0000-4000-8000-000000000002.0.zip';
  expect(wrongInFewWords([`${stream}/1`, acks, `${stream}/2`], 3, 1000)).toBe(
    `${stream}/1, ${acks}, ${stream}/2`,
  );
  expect(wrongInFewWords(['roster.zip', `updates/${digest}.zip`], 2, 115)).toBe(
    'roster.zip, 0123456789abcdef',
  );
});

test('those for which there is no room are counted, and those of which no name is known', () => {
  const names = Array.from({ length: 20 }, (_, index) => `${stream}/${index + 1}`);
  expect(wrongInFewWords(names, 2000, 80)).toBe(`${stream}/1, 2, 3, 4 and 1996 more`);
  expect(wrongInFewWords(names.slice(0, 1), 1, 1)).toBe(`${stream}/1`);
});

test('it takes no more room than it may, and all are named or counted', () => {
  const name = fc.oneof(
    fc.integer({ min: 1, max: 1e6 }).map((sequence) => `${stream}/${sequence}`),
    fc.integer({ min: 0, max: 9 }).map((shard) => `acks/${stream.slice(0, 36)}.${shard}.zip`),
    fc.constant(`updates/${digest}.zip`),
  );
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 20 }), fc.nat(5000), (names, others) => {
      const text = wrongInFewWords(names, names.length + others, 115);
      expect(text.length).toBeLessThanOrEqual(115);
      const [told = '', more = '0'] = text.split(/ and (\d+) more$/);
      expect(told.split(', ').length + Number(more)).toBe(names.length + others);
    }),
  );
});

test('an update is named by as much of its digest as a person types', () => {
  expect(shortName(`updates/${digest}.zip`)).toBe('0123456789abcdef');
  expect(shortName(`updates/${digest}`)).toBe(`updates/${digest}`);
});
