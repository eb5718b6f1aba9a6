/**
 * What a copy of an archive is worth at a node: how likely it is that this copy, and no other, brings it home in time. Pure.
 *
 * The likelihood comes from meetings, which are taken to be exponential: who often meets one that acknowledges is a good place for a
 * copy; where others who are better hold it already, one more is worth little. Per byte, since room and contact time are short.
 */

export interface CopyFacts {
  readonly bytes: number;
  /** How long the archive is still of use, seconds. */
  readonly lifeSeconds: number;
  /** Mean time until this node meets one that acknowledges the archive; Infinity: never heard of. */
  readonly reachSeconds: number;
  /** Other nodes that held a copy when they were last met. */
  readonly others: readonly Sighting[];
  /** How long a copy usually stays in a full pool: what was seen longer ago is probably gone. */
  readonly staySeconds: number;
}

export interface Sighting {
  /** Mean time until that node meets one that acknowledges it. */
  readonly reachSeconds: number;
  readonly secondsAgo: number;
}

/** A copy may be evicted, cut off or lost before its time is over, so only a part of that time is reckoned with. */
const reckonedLife = 0.5;

/** From 0 to 1: met within that time. */
export function likelihood(reachSeconds: number, seconds: number): number {
  return reachSeconds <= 0 ? 1 : 1 - Math.exp(-seconds / reachSeconds);
}

/** Deliveries per byte that a copy here adds to those of the others; Infinity at the node that acknowledges. */
export function copyValue({ bytes, lifeSeconds, reachSeconds, others, staySeconds }: CopyFacts): number {
  if (reachSeconds <= 0) return Infinity;
  const seconds = Math.max(0, lifeSeconds) * reckonedLife;
  let lost = 1;
  for (const other of others)
    lost *= 1 - Math.exp(-other.secondsAgo / staySeconds) * likelihood(other.reachSeconds, seconds);
  return (likelihood(reachSeconds, seconds) * lost) / Math.max(1, bytes);
}
