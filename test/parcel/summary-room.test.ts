/** A summary is one that others read, whatever nodes with keys of their own have made. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxHeldRanges, maxSummaryBytes } from '../../src/parcel/limits.ts';
import { contains } from '../../src/parcel/sequence-sets.ts';
import { fitLogs } from '../../src/parcel/summary-room.ts';
import { formatSummary, parseSummary, type HeldLogs, type Summary } from '../../src/parcel/summary.ts';

const head = { node: originOf(0), role: 'ferry', free: 0, roster: 0, acks: [], updates: [] } as const;
const besides = formatSummary({ ...head, logs: [] }).length;

function originOf(index: number): string {
  return `${index.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

function stream(origin: number, incarnation: number, long: HeldLogs['long']): HeldLogs {
  return {
    origin: originOf(origin),
    incarnation: incarnation.toString(16).padStart(16, '0'),
    short: [],
    long,
    bytes: 1,
  };
}

/** Every second sequence. */
function holes(count: number, from = 1): HeldLogs['long'] {
  return Array.from({ length: count }, (_, index) => ({ first: from + 2 * index, last: from + 2 * index }));
}

/** What others read. @throws FerrymanError where they do not */
function readBack(logs: readonly HeldLogs[]): Summary {
  return parseSummary(Buffer.from(formatSummary({ ...head, logs: fitLogs(logs, besides) })));
}

const honest = stream(1, 7, [{ first: 1, last: 100_000 }]);

test('what fits is told as it is', () => {
  const logs = [honest, stream(2, 1, holes(maxHeldRanges))];
  expect(fitLogs(logs, besides)).toBe(logs);
});

test('of every second sequence of a stream no more is told than others read', () => {
  const { logs } = readBack([honest, stream(2, 1, holes(maxHeldRanges + 1))]);
  expect(logs).toEqual([honest, stream(2, 1, holes(maxHeldRanges))]);
});

test('one with incarnations without number takes no room of others', () => {
  const many = Array.from({ length: 40_000 }, (_, index) => stream(2, index, [{ first: 1, last: 1 }]));
  const { logs } = readBack([honest, ...many, stream(3, 1, holes(5000))]);
  expect(logs[0]).toEqual(honest);
  expect(logs.at(-1)).toEqual(stream(3, 1, holes(5000)));
  expect(logs.length).toBeGreaterThan(20_000);
});

test('one with as many holes in each of its incarnations takes no room of others', () => {
  const many = Array.from({ length: 60 }, (_, index) => stream(2, index, holes(maxHeldRanges, 2 ** 50)));
  const { logs } = readBack([honest, ...many]);
  expect(logs[0]).toEqual(honest);
  expect(logs.length).toBeGreaterThan(20);
});

test('whatever is held, others read what is told of it, and nothing else is told', () => {
  const ranges = fc
    .tuple(fc.nat(2 * maxHeldRanges), fc.integer({ min: 1, max: 2 ** 52 }))
    .map(([count, from]) => holes(count, from));
  const streams = fc
    .array(fc.tuple(fc.nat(3), fc.nat(99), ranges), { maxLength: 40 })
    .map((list) => list.map(([origin, incarnation, long]) => stream(origin, incarnation, long)))
    .map((list) => new Map(list.map((held) => [`${held.origin}/${held.incarnation}`, held])))
    .map((held) => [...held].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one))
    .map((list) => list.filter(({ long }) => long.length > 0));
  fc.assert(
    fc.property(streams, (held) => {
      const told = fitLogs(held, besides);
      expect(formatSummary({ ...head, logs: told }).length).toBeLessThanOrEqual(maxSummaryBytes);
      for (const { origin, incarnation, long } of told) {
        const whole = held.find((one) => one.origin === origin && one.incarnation === incarnation);
        expect(long.length).toBeLessThanOrEqual(maxHeldRanges);
        expect(contains(whole?.long ?? [], long[0]?.first ?? 0)).toBe(true);
        expect(contains(whole?.long ?? [], long.at(-1)?.last ?? 0)).toBe(true);
      }
    }),
    { numRuns: 20 },
  );
});
