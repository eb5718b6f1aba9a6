/**
 * Sequences and ranges of sequences, as `requires` and `supersedes` write them: `7` or `3-9`.
 * Spec: docs/format.md §6.
 */

/** An inclusive range of sequences; `first` ≤ `last`. */
export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}

/** Reads `7` or `3-9`; `undefined` when the text is neither. The only spelling: no zeros in front, no spaces. */
export function parseRange(text: string): SequenceRange | undefined {
  const match = /^([1-9]\d*)(?:-([1-9]\d*))?$/.exec(text);
  if (!match) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  const proper = match[2] === undefined ? true : first < last;
  return proper && Number.isSafeInteger(last) ? { first, last } : undefined;
}

export function formatRange({ first, last }: SequenceRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

/** How many sequences the ranges name. */
export function countSequences(ranges: readonly SequenceRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + (last - first + 1), 0);
}

/** The ranges sorted and joined where they touch: the one way to write a set of sequences. */
export function normaliseRanges(ranges: readonly SequenceRange[]): SequenceRange[] {
  const joined: SequenceRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const previous = joined.at(-1);
    if (previous && range.first <= previous.last + 1) {
      joined[joined.length - 1] = { first: previous.first, last: Math.max(previous.last, range.last) };
    } else {
      joined.push(range);
    }
  }
  return joined;
}

/** A set as the databases keep it: `1-7,9`; `''`: nothing. What is no range is left out. */
export function parseRanges(text: string): SequenceRange[] {
  return text === '' ? [] : text.split(',').flatMap((range) => parseRange(range) ?? []);
}

/** The same the other way, in its one spelling. */
export function formatRanges(ranges: readonly SequenceRange[]): string {
  return normaliseRanges(ranges).map(formatRange).join(',');
}
