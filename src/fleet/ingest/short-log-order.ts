/** Which of several short logs of a node is the newest. */

/** Counters of one life of a node's ledger: far more than it ever sends. Above them stands the name of the life, which is made by chance. */
export const countersPerLife = 2 ** 33;

interface Counted {
  readonly counter: number;
  readonly received_at: number;
}

/**
 * Oldest first. Of two lives the one that was heard first is the older, as of incarnations; within one the node has counted, whatever the
 * order in which an operator hands them over.
 */
export function oldestFirst<Row extends Counted>(rows: readonly Row[]): Row[] {
  const firstHeard = new Map<number, number>();
  for (const row of rows)
    firstHeard.set(lifeOf(row), Math.min(firstHeard.get(lifeOf(row)) ?? Infinity, row.received_at));
  const heard = (row: Row): number => firstHeard.get(lifeOf(row)) ?? 0;
  return rows.toSorted((a, b) => heard(a) - heard(b) || a.counter - b.counter);
}

function lifeOf({ counter }: Counted): number {
  return Math.floor(counter / countersPerLife);
}
