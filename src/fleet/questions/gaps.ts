/** What is not held of an incarnation, and what that means. Pure. */
import { subtract, type SequenceSet } from '../../parcel/sequence-sets.ts';
import type { SequenceRange } from '../../parcel/sequences.ts';
import type { IncarnationFacts } from '../facts/node.ts';

/** Days for which an archive that has not come may still be on its way; as at the proxy (src/proxy/gaps.ts). */
const lateDays = 14;

/** All that is absent up to the highest, in order. */
export function absentOf(held: SequenceSet, highest: number): SequenceSet {
  return highest < 1 ? [] : subtract([{ first: 1, last: highest }], held);
}

/** What the store knows of an incarnation. */
export interface Known {
  readonly held: SequenceSet;
  readonly voids: SequenceSet;
  readonly highest: number;
}

/** @param arrivedAt when an archive came, of those that follow a range; milliseconds since 1970 */
export function findGaps(
  { held, voids, highest }: Known,
  arrivedAt: (sequence: number) => number | undefined,
  nowMs: number,
): IncarnationFacts['gaps'] {
  const absent = absentOf(held, highest);
  const since = ({ last }: SequenceRange): number | null => {
    const whole = absent.find((range) => last <= range.last);
    return (whole && arrivedAt(whole.last + 1)) ?? null;
  };
  const lost = subtract(voids, held);
  const unknown = subtract(absent, lost).map((range) => {
    const sinceAt = since(range);
    const isLate = sinceAt === null || nowMs - sinceAt < lateDays * 86_400_000;
    return { ...range, state: isLate ? ('late' as const) : ('missing' as const), sinceAt };
  });
  const declared = lost.map((range) => ({ ...range, state: 'lost' as const, sinceAt: since(range) }));
  return [...unknown, ...declared].toSorted((a, b) => a.first - b.first);
}
