/**
 * Sets of sequences as sorted ranges that do not touch (`normaliseRanges`): what a node holds of an origin, what is acknowledged.
 *
 * Every function takes such sets and returns one; an argument that is already the answer is returned as it is, so that equal
 * sets cost nothing to merge again. Spec: docs/format.md §6, §15.
 */
import type { SequenceRange } from './sequences.ts';

export type SequenceSet = readonly SequenceRange[];

export const nothing: SequenceSet = [];

/** What is in either. O(a + b). */
export function union(a: SequenceSet, b: SequenceSet): SequenceSet {
  if (b.length === 0 || a === b) return a;
  if (a.length === 0) return b;
  if (includes(a, b)) return a;
  const joined: SequenceRange[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [left, right] = [a[i], b[j]];
    const next = left && (!right || left.first <= right.first) ? left : right;
    if (!next) return joined;
    if (next === left) i++;
    else j++;
    push(joined, next);
  }
}

function push(joined: SequenceRange[], range: SequenceRange): void {
  const previous = joined.at(-1);
  if (previous && range.first <= previous.last + 1) {
    if (range.last > previous.last) joined[joined.length - 1] = { first: previous.first, last: range.last };
  } else joined.push(range);
}

/** What is in `a` and not in `b`. O(a + b). */
export function subtract(a: SequenceSet, b: SequenceSet): SequenceSet {
  if (a.length === 0 || b.length === 0) return a;
  const left: SequenceRange[] = [];
  let j = 0;
  for (const range of a) {
    let { first } = range;
    for (let taken = b[j]; taken && taken.first <= range.last; taken = b[++j]) {
      if (taken.first > first) left.push({ first, last: taken.first - 1 });
      if (taken.last >= first) first = taken.last + 1;
      if (taken.last > range.last) break; // it may reach into the next range too
    }
    if (first <= range.last) left.push({ first, last: range.last });
  }
  return left;
}

/** What is in both. O(a + b). */
export function intersect(a: SequenceSet, b: SequenceSet): SequenceSet {
  return subtract(a, subtract(a, b));
}

/** True when every sequence of `b` is in `a`. */
export function includes(a: SequenceSet, b: SequenceSet): boolean {
  let i = 0;
  for (const { first, last } of b) {
    while ((a[i]?.last ?? Infinity) < first) i++;
    const range = a[i];
    if (!range || range.first > first || range.last < last) return false;
  }
  return true;
}

/** True when this one sequence is in the set. O(log n). */
export function contains(set: SequenceSet, sequence: number): boolean {
  let [low, high] = [0, set.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = set[middle];
    if (!range) return false;
    if (sequence < range.first) high = middle - 1;
    else if (sequence > range.last) low = middle + 1;
    else return true;
  }
  return false;
}

export function one(sequence: number): SequenceSet {
  return [{ first: sequence, last: sequence }];
}

/** The sequences of a set, in order. Take only as many as are needed: a set may name 2^53. */
export function* each(set: SequenceSet): Generator<number> {
  for (const { first, last } of set) for (let sequence = first; sequence <= last; sequence++) yield sequence;
}
