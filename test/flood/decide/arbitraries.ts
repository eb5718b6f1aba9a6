/** Random sets, acknowledgements and pools for fast-check. */
import * as fc from 'fast-check';
import type { AckedStream } from '../../../src/flood/decide/cover.ts';
import type { Stored } from '../../../src/flood/decide/room.ts';
import { each, type SequenceSet } from '../../../src/parcel/sequence-sets.ts';
import { normaliseRanges } from '../../../src/parcel/sequences.ts';

/** Of sequences from 1 to `max`. */
export function sequenceSet(max = 60): fc.Arbitrary<SequenceSet> {
  const range = fc
    .tuple(fc.integer({ min: 1, max }), fc.integer({ min: 0, max: 8 }))
    .map(([first, more]) => ({ first, last: Math.min(max, first + more) }));
  return fc.array(range, { maxLength: 6 }).map(normaliseRanges);
}

export function members(set: SequenceSet): Set<number> {
  return new Set(each(set));
}

export const origins = ['kiosk-1', 'kiosk-2', 'kiosk-3'];
export const incarnations = ['0000000000000001', '0000000000000002'];

const ackedStream: fc.Arbitrary<AckedStream> = fc.record({
  origin: fc.constantFrom(...origins),
  incarnation: fc.constantFrom(...incarnations),
  held: sequenceSet(),
  voids: sequenceSet(),
});

export const ack = fc.array(ackedStream, { maxLength: 4 });

export const stored: fc.Arbitrary<Stored> = fc.record({
  origin: fc.constantFrom(...origins),
  isOwn: fc.boolean(),
  class: fc.constantFrom('short', 'long'),
  bytes: fc.integer({ min: 1, max: 100 }),
  isCovered: fc.boolean(),
  value: fc.integer({ min: 0, max: 3 }),
  arrival: fc.integer({ min: 0, max: 1000 }),
});
