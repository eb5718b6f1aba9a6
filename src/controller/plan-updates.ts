/** Plans everything that is neither running nor finished, and tells what may run now. */
import { progressOf } from '../ledger/progress.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import { decide, type Decision } from '../plan/decide.ts';
import type { UpdateTerms } from '../plan/facts.ts';
import type { Context, Host } from './context.ts';
import { readFacts } from './facts.ts';

/** An update whose manifest is known. */
export type PlannedUpdate = UpdateRow & { readonly terms: UpdateTerms };

/** The part of the context that a decision needs. */
export interface Surroundings extends Pick<Context, 'ledger' | 'config'> {
  readonly host: Pick<Host, 'bootId' | 'uptimeSeconds'>;
}

/** The decision for one update as things stand; changes nothing. */
export function decideNow({ ledger, config, host }: Surroundings, row: PlannedUpdate): Decision {
  return decide(
    row.terms,
    progressOf(row, host.bootId, host.uptimeSeconds()),
    readFacts(ledger, config.node, row.terms, row.digest),
  );
}

/** The decision for an update as if it had just been verified: one that is new, or is to be run again. */
export function decideAnew(
  { ledger, config }: Pick<Context, 'ledger' | 'config'>,
  terms: UpdateTerms,
  digest: string,
): Decision {
  const fresh = { state: 'verified', reason: '', attempts: 0, retryInSeconds: 0 } as const;
  return decide(terms, fresh, readFacts(ledger, config.node, terms, digest));
}

/** Records the decisions and returns what is ready, smallest sequence first. */
export function planUpdates(context: Context): PlannedUpdate[] {
  const { ledger } = context;
  return ledger.transaction(() => {
    const first = decideAll(context, ledger.updates.unfinished());
    // What has dropped out supersedes nothing any more: what it superseded is decided again.
    const freed = first.dropped.flatMap((row) => ledger.updates.supersededBy(row));
    const second = decideAll(context, freed);
    return [...first.ready, ...second.ready].toSorted((a, b) => a.terms.sequence - b.terms.sequence);
  });
}

/** Decides again what rests: once at the start, since the node's groups, role or baseline may have been changed. */
export function planResting(context: Context): void {
  context.ledger.transaction(() => decideAll(context, context.ledger.updates.resting()));
}

function decideAll(
  context: Context,
  rows: readonly UpdateRow[],
): { ready: PlannedUpdate[]; dropped: UpdateRow[] } {
  const { ledger, host, tell } = context;
  const ready: PlannedUpdate[] = [];
  const dropped: UpdateRow[] = [];
  for (const row of rows.filter(isPlanned)) {
    const { state, reason } = decideNow(context, row);
    if (state === 'ready') {
      if (row.state === 'superseded' || row.state === 'not-for-me')
        ledger.updates.setState(row.digest, 'verified', reason, host.now());
      ready.push(row);
      continue;
    }
    ledger.updates.setState(row.digest, state, reason, host.now());
    if (state === row.state) continue;
    if (state === 'expired' || state === 'refused') dropped.push(row);
    tell({
      level: state === 'refused' ? 'error' : 'info',
      subject: `update ${row.terms.sequence}`,
      text: `${state}: ${reason}`,
      digest: row.digest,
    });
  }
  return { ready, dropped };
}

export function isPlanned(row: UpdateRow): row is PlannedUpdate {
  return row.terms !== null;
}
