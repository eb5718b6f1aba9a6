/** Decides what has been kept long enough. Pure. */

/** Something that is kept and may go. */
export interface Kept {
  readonly path: string;
  readonly bytes: number;
  /** Orders by age: the change that its update last saw (`Stories.lastChange`). */
  readonly lastChange: number;
}

export interface Bounds {
  /** What saw its last change with this one, or before, is too old. 0: nothing is, for nothing is known of so long ago. */
  readonly oldUpTo: number;
  readonly maxBytes: number;
  readonly maxCount: number;
}

/** What is too old, and the oldest of the rest until it fits. */
export function chooseToRemove<One extends Kept>(
  kept: readonly One[],
  { oldUpTo, maxBytes, maxCount }: Bounds,
): One[] {
  const newestFirst = kept.toSorted((a, b) => b.lastChange - a.lastChange || comparePaths(b, a));
  let bytes = 0;
  let count = 0;
  return newestFirst.filter((one) => {
    bytes += one.bytes;
    count += 1;
    return (oldUpTo > 0 && one.lastChange <= oldUpTo) || bytes > maxBytes || count > maxCount;
  });
}

function comparePaths(a: Kept, b: Kept): number {
  return a.path < b.path ? -1 : 1;
}
