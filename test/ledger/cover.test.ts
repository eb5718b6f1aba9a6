/** What is covered, as the ledger keeps it: it only grows, whatever comes and in whatever order. */
import * as fc from 'fast-check';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeLedger } from '../../src/ledger/open.ts';
import { contains, each } from '../../src/parcel/sequence-sets.ts';
import { sequenceSet } from '../flood/decide/arbitraries.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

const origin = '0a000000-0000-4000-8000-000000000001';
let ledger: Ledger;
let streams = 0;

beforeAll(() => {
  ledger = makeLedger(join(temporaryFolder(), 'ledger.sqlite'));
});
afterAll(() => {
  ledger.close();
  removeFolders();
});

test('what one acknowledgement covers stays covered when another says less, or something else', () => {
  const { cover } = ledger;
  expect(cover.add(origin, 'a', [{ first: 1, last: 9 }])).toBe(true);
  expect(cover.add(origin, 'a', [{ first: 3, last: 4 }])).toBe(false);
  expect(cover.add(origin, 'a', [])).toBe(false);
  expect(cover.add(origin, 'a', [{ first: 20, last: 20 }])).toBe(true);
  expect(cover.of(origin, 'a')).toEqual([
    { first: 1, last: 9 },
    { first: 20, last: 20 },
  ]);
});

test('any sets in any order are their union in the end, and none is ever lost on the way', () => {
  fc.assert(
    fc.property(fc.array(sequenceSet(), { maxLength: 6 }), (sets) => {
      const incarnation = `i${++streams}`;
      ledger.transaction(() => {
        const added = new Set<number>();
        for (const set of sets) {
          ledger.cover.add(origin, incarnation, set);
          for (const sequence of each(set)) added.add(sequence);
          const covered = ledger.cover.of(origin, incarnation);
          expect([...added].filter((sequence) => !contains(covered, sequence))).toEqual([]);
          expect([...each(covered)].filter((sequence) => !added.has(sequence))).toEqual([]);
        }
      });
    }),
    { numRuns: 60 },
  );
});
