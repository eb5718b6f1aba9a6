/**
 * How much of what is held fits into one summary. A node with its own key can make every second sequence a hole, and as many incarnations as
 * it likes: told whole, its archives would make the summary of everybody who carries them one that nobody reads. So each origin gets its
 * share of the room, and nothing is said of the rest until what was said of is acknowledged and gone. Pure.
 */
import { maxHeldRanges, maxSummaryBytes } from './limits.ts';
import { formatRange, type SequenceRange } from './sequences.ts';
import type { HeldLogs } from './summary.ts';

/** Bytes of a range on the line beside its numbers: quotes, comma. */
const rangeOverhead = 3;
/** Two numbers of 16 digits at most. */
const maxRangeBytes = 33 + rangeOverhead;
/** Bytes of an incarnation beside its ranges: five keys with their values. */
const streamOverhead = 160;

/**
 * @param logs sorted by origin
 * @param besides bytes of all else in the summary
 * @returns the same object where all of it fits
 */
export function fitLogs(logs: readonly HeldLogs[], besides: number): readonly HeldLogs[] {
  const maxBytes = maxSummaryBytes - besides;
  const isShort = logs.every(({ short, long }) => Math.max(short.length, long.length) <= maxHeldRanges);
  const ranges = logs.reduce((sum, { short, long }) => sum + short.length + long.length, 0);
  if (isShort && logs.length * streamOverhead + ranges * maxRangeBytes <= maxBytes) return logs;
  const origins = [...byOrigin(logs).values()];
  const share = fairShare(origins.map(bytesOf), maxBytes);
  return origins.flatMap((streams) => upToBytes(streams, share));
}

function byOrigin(logs: readonly HeldLogs[]): Map<string, HeldLogs[]> {
  const origins = new Map<string, HeldLogs[]>();
  for (const held of logs) {
    const streams = origins.get(held.origin) ?? [];
    origins.set(held.origin, streams);
    streams.push({
      ...held,
      short: held.short.slice(0, maxHeldRanges),
      long: held.long.slice(0, maxHeldRanges),
    });
  }
  return origins;
}

/** What each may take so that all fit: the largest are cut, and no more than needed. Infinity: none need be. */
function fairShare(sizes: readonly number[], maxBytes: number): number {
  let left = maxBytes;
  for (const [index, size] of sizes.toSorted((a, b) => a - b).entries()) {
    const fair = Math.floor(left / (sizes.length - index));
    if (size > fair) return fair;
    left -= size;
  }
  return Infinity;
}

function bytesOf(streams: readonly HeldLogs[]): number {
  return streams.reduce(
    (sum, { short, long }) => sum + streamOverhead + bytesOfRanges(short) + bytesOfRanges(long),
    0,
  );
}

function bytesOfRanges(ranges: readonly SequenceRange[]): number {
  return ranges.reduce((sum, range) => sum + formatRange(range).length + rangeOverhead, 0);
}

/** The first incarnations and ranges, for which there is room. */
function upToBytes(streams: readonly HeldLogs[], maxBytes: number): readonly HeldLogs[] {
  if (maxBytes === Infinity) return streams;
  const fitting: HeldLogs[] = [];
  let left = maxBytes;
  for (const held of streams) {
    left -= streamOverhead;
    if (left <= 0) break;
    const short = firstRanges(held.short, left);
    left -= bytesOfRanges(short);
    const long = firstRanges(held.long, left);
    left -= bytesOfRanges(long);
    if (short.length + long.length > 0) fitting.push({ ...held, short, long });
  }
  return fitting;
}

function firstRanges(ranges: readonly SequenceRange[], maxBytes: number): readonly SequenceRange[] {
  let used = 0;
  const over = ranges.findIndex((range) => (used += bytesOfRanges([range])) > maxBytes);
  return over < 0 ? ranges : ranges.slice(0, over);
}
