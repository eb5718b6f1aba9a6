/** Which relayed updates a node drops. Pure. Spec: docs/format.md §8. */

export interface RelayedUpdate {
  readonly sequence: number;
  readonly bytes: number;
  /** Set by the ledger: nobody needs it any more, or nobody may run it. */
  readonly isSuperseded: boolean;
  readonly isExpired: boolean;
  readonly isInEquivocation: boolean;
  /** This node is to run it, and has not: it stays, whatever the quota. */
  readonly isNeededHere: boolean;
}

/** What goes: whatever is past, then by quota the smallest sequence first. */
export function updatesToDrop<Update extends RelayedUpdate>(
  updates: readonly Update[],
  quotaBytes: number,
): Update[] {
  const foreign = updates.filter((update) => !update.isNeededHere);
  const drop = foreign.filter(isPast);
  let bytes = updates.reduce((sum, update) => sum + update.bytes, 0) - bytesOf(drop);
  for (const update of foreign.toSorted((a, b) => a.sequence - b.sequence)) {
    if (bytes <= quotaBytes) break;
    if (isPast(update)) continue;
    drop.push(update);
    bytes -= update.bytes;
  }
  return drop;
}

function isPast({ isSuperseded, isExpired, isInEquivocation }: RelayedUpdate): boolean {
  return isSuperseded || isExpired || isInEquivocation;
}

function bytesOf(updates: readonly RelayedUpdate[]): number {
  return updates.reduce((sum, { bytes }) => sum + bytes, 0);
}
