/** Reads from the ledger the plain facts that a decision needs. */
import type { Ledger } from '../ledger/ledger.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import type { Facts, NodeFacts, Progress, UpdateTerms } from '../plan/facts.ts';

export function readFacts(
  ledger: Ledger,
  node: NodeFacts,
  { sequence, requires }: UpdateTerms,
  digest: string,
): Facts {
  const covered = new Set<number>();
  for (const range of requires) {
    for (const { first, last } of ledger.updates.supersededBySuccess(range)) {
      for (let one = Math.max(first, range.first); one <= Math.min(last, range.last); one++) covered.add(one);
    }
  }
  return {
    node,
    timeFloor: ledger.fact('time-floor'),
    rivals: ledger.updates.rivals(sequence, digest),
    required: ledger.updates.inRanges(requires),
    coveredBySuccess: covered,
    supersededBy: ledger.updates.supersederOf(sequence),
  };
}

/** @param uptimeSeconds now, on this boot: after a reboot a pause is over */
export function readProgress(row: UpdateRow, bootId: string, uptimeSeconds: number): Progress {
  const paused = row.retryBootId === bootId ? (row.retryUptimeSeconds ?? 0) - uptimeSeconds : 0;
  const { state, reason, attempts } = row;
  return { state, reason, attempts, retryInSeconds: Math.max(0, paused) };
}
