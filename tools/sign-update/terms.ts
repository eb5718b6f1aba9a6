/** What people type of a parcel of any kind, and how they are told what is wrong with it. */
import { epochSeconds, timestamp, usageError } from '../../src/command-line/values.ts';
import { FerrymanError } from '../../src/errors.ts';
import { isGuid } from '../../src/parcel/recipients.ts';
import { normaliseRanges, parseRange, type SequenceRange } from '../../src/parcel/sequences.ts';
import { formatTimestamp } from '../../src/parcel/timestamp.ts';

/** GUIDs are often pasted in capitals; the format has one spelling. */
export function lowerGuid(who: string): string {
  return isGuid(who.toLowerCase()) ? who.toLowerCase() : who;
}

export function readCreated(typed: string | undefined, sourceDateEpoch: string | undefined): string {
  if (typed !== undefined) return timestamp('--created', typed);
  if (sourceDateEpoch !== undefined) return epochSeconds('SOURCE_DATE_EPOCH', sourceDateEpoch);
  return formatTimestamp(Date.now());
}

/** What a node will refuse, the office is told now, in the same words. @throws FerrymanError `usage.invalid` */
export function asNodesRead<Manifest>(read: () => Manifest): Manifest {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.code !== 'manifest.malformed') throw error;
    throw new FerrymanError('usage.invalid', error.message.replace(/^manifest\.json: /, ''), {
      cause: error,
    });
  }
}

/** Sets of numbers as people type them, in any order. */
export function readRanges(name: string, typed: readonly string[]): SequenceRange[] {
  const ranges = typed.map((one) => {
    const range = parseRange(one);
    if (!range) throw usageError(`${name}: expected a number like 7 or a range like 3-9, found "${one}"`);
    return range;
  });
  return normaliseRanges(ranges);
}
