/** What is not there of an incarnation, and what that means. Pure. */
import type { SequenceRange } from '../parcel/sequences.ts';
import { subtract } from '../parcel/sequence-sets.ts';

/** `late`: may still be on its way. `missing`: it has been expected for long. `lost`: its origin has said that it is dropped. */
export type GapState = 'late' | 'missing' | 'lost';

/** Days for which an archive that has not come may still be on its way: ferries come by every few days, and miss a stop now and then. */
export const lateDays = 14;

export interface Gap extends SequenceRange {
  readonly state: GapState;
  /** When an archive with a higher number first came, by the clock of the proxy; RFC 3339. */
  readonly since: string;
}

/** What the store knows of an incarnation. */
export interface Known {
  readonly held: readonly SequenceRange[];
  readonly voids: readonly SequenceRange[];
}

/** An archive, as far as gaps go. */
export interface Arrival {
  readonly sequence: number;
  readonly receivedAt: string;
}

/**
 * @param newestFirst every archive of the incarnation, by sequence from the highest down
 * @param isLate whether what has been expected since a time may still be on its way
 */
export function findGaps(
  { held, voids }: Known,
  newestFirst: Iterable<Arrival>,
  isLate: (since: string) => boolean,
): Gap[] {
  const newest = Math.max(0, held.at(-1)?.last ?? 0, voids.at(-1)?.last ?? 0);
  if (newest === 0) return [];
  const absent = subtract([{ first: 1, last: newest }], held);
  if (absent.length === 0) return [];
  const lost = subtract(voids, held);
  const unknown = subtract(absent, lost);
  const since = firstMention(absent, newestFirst);
  return [
    ...unknown.map((range) => {
      const at = since(range);
      return { ...range, state: isLate(at) ? ('late' as const) : ('missing' as const), since: at };
    }),
    ...lost.map((range) => ({ ...range, state: 'lost' as const, since: since(range) })),
  ].toSorted((a, b) => a.first - b.first);
}

/** For a range of what is absent, when the first archive behind it came. One walk over the archives. */
function firstMention(
  absent: readonly SequenceRange[],
  newestFirst: Iterable<Arrival>,
): (range: SequenceRange) => string {
  const found = new Map<number, string>(); // by the last number of each hole
  let earliest = '';
  let hole = absent.length - 1;
  for (const { sequence, receivedAt } of newestFirst) {
    for (let range = absent[hole]; range && sequence <= range.last; range = absent[(hole -= 1)])
      found.set(range.last, earliest);
    if (earliest === '' || receivedAt < earliest) earliest = receivedAt;
  }
  for (let range = absent[hole]; range; range = absent[(hole -= 1)]) found.set(range.last, earliest);
  return ({ last }) => found.get(absent.find((range) => last <= range.last)?.last ?? 0) ?? '';
}
