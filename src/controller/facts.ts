/** Reads from the ledger the plain facts that a decision needs. */
import type { Ledger } from '../ledger/ledger.ts';
import type { Facts, NodeFacts, UpdateTerms } from '../plan/facts.ts';

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
