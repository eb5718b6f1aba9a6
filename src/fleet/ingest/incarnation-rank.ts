/**
 * Which of two incarnations of a node is the newer: a node that is set up anew begins another, by chance alone. The one of which the
 * first archive came later; but one that the office has closed is older than any other.
 */
export interface RankedIncarnation {
  readonly incarnation: string;
  readonly closed: number;
  readonly first_heard_at: number;
}

/** Above 0: `a` is the newer. */
export function compareIncarnations(a: RankedIncarnation, b: RankedIncarnation): number {
  if (a.closed !== b.closed) return b.closed - a.closed;
  if (a.first_heard_at !== b.first_heard_at) return a.first_heard_at - b.first_heard_at;
  return a.incarnation < b.incarnation ? -1 : Number(a.incarnation > b.incarnation);
}
