import { expect, it } from 'vitest';
import { FerrymanError } from '../../../src/errors.ts';
import { howItEnded, type Course } from '../../../src/flood/exchange/how-it-ended.ts';
import { maxContactReasonBytes } from '../../../src/parcel/limits.ts';

const usual: Course = {
  seconds: 10,
  bytes: 0,
  parcels: 0,
  wrong: 0,
  wrongNames: [],
  reason: 'nothing more to fetch',
  isTimeUp: false,
  problem: undefined,
};
const origin = '00000001-0000-4000-8000-000000000000';
const names = (count: number): string[] =>
  Array.from({ length: count }, (_, nth) => `${origin}/00112233445566ff/${nth + 1}`);

it.each<[string, Partial<Course>, boolean, string | undefined]>([
  ['that found nothing new is no trouble, and has brought nothing', {}, false, undefined],
  ['that brought a parcel was worth it', { parcels: 1, bytes: 100 }, true, undefined],
  ['that brought much of a large parcel was worth it', { bytes: 10_241, isTimeUp: true }, true, undefined],
  ['that trickled was not, and is no meeting', { bytes: 10_240, isTimeUp: true }, false, 'contact.cut'],
  [
    'that brought wrong parcels alone',
    { wrong: 1, wrongNames: names(1), bytes: 1e9 },
    false,
    'contact.wrong',
  ],
  [
    'the same, when its time was up',
    { wrong: 1, wrongNames: names(1), isTimeUp: true },
    false,
    'contact.wrong',
  ],
  ['that brought right ones too', { wrong: 1, wrongNames: names(1), parcels: 1 }, true, undefined],
  [
    'that failed says why first',
    { wrong: 1, problem: new FerrymanError('contact.busy', 'b') },
    false,
    'contact.busy',
  ],
])('a contact %s', (_what, course, hasBrought, code) => {
  const ended = howItEnded({ ...usual, ...course });
  expect([ended.hasBrought, ended.problem?.code]).toEqual([hasBrought, code]);
});

it('tells what was wrong besides, by name where there is room, and never more than a line may hold', () => {
  const course = { ...usual, parcels: 2, wrong: 2, wrongNames: names(2) };
  expect(howItEnded(course).reason).toBe(
    `2 files wrong; nothing more to fetch; wrong: ${origin}/00112233445566ff/1, 2`,
  );
  const long = howItEnded({ ...course, reason: 'x'.repeat(500) }).reason;
  expect(long).toHaveLength(maxContactReasonBytes);
  expect(long).toMatch(/^2 files wrong; x+$/);
});
