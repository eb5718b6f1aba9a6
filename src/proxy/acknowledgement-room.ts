/**
 * How much of what is held fits into one acknowledgement. A node with its own key can make every second sequence a hole, so each item
 * gets its share of the room, and says of the rest nothing: that takes nothing back. Pure.
 */
import { formatRange, type SequenceRange } from '../parcel/sequences.ts';

/** What an item says, before it is cut. */
export interface FullItem {
  readonly held: readonly SequenceRange[];
  readonly voids: readonly SequenceRange[];
}

/** Bytes of one range on its line: indentation, quotes, comma, line feed. */
const rangeOverhead = 14;

/** Bytes that an item takes beside its ranges: five keys with their values. */
const itemOverhead = 320;

function bytesOf(ranges: readonly SequenceRange[]): number {
  return ranges.reduce((sum, range) => sum + formatRange(range).length + rangeOverhead, 0);
}

export function itemBytes({ held, voids }: FullItem): number {
  return itemOverhead + bytesOf(held) + bytesOf(voids);
}

/**
 * Cuts the largest items, and those no more than needed, until all fit.
 *
 * @param maxRanges of one list
 */
export function fitItems<Item extends FullItem>(
  items: readonly Item[],
  maxBytes: number,
  maxRanges: number,
): Item[] {
  const short = items.map((item) => ({
    ...item,
    held: item.held.slice(0, maxRanges),
    voids: item.voids.slice(0, maxRanges),
  }));
  const sizes = short.map(itemBytes).toSorted((a, b) => a - b);
  let left = maxBytes;
  let share = Infinity;
  for (const [index, size] of sizes.entries()) {
    const fair = Math.floor(left / (sizes.length - index));
    if (size > fair) {
      share = fair;
      break;
    }
    left -= size;
  }
  return short.map((item) => (itemBytes(item) <= share ? item : cutItem(item, share)));
}

function cutItem<Item extends FullItem>(item: Item, maxBytes: number): Item {
  const held = upToBytes(item.held, maxBytes - itemOverhead);
  return { ...item, held, voids: upToBytes(item.voids, maxBytes - itemOverhead - bytesOf(held)) };
}

function upToBytes(ranges: readonly SequenceRange[], maxBytes: number): SequenceRange[] {
  let used = 0;
  return ranges.slice(
    0,
    ranges.findIndex((range) => (used += bytesOf([range])) > maxBytes) >>> 0, // -1, all of them fit: past the end
  );
}
