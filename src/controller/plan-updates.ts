/** Plans everything that is neither running nor finished, and tells what may run now. */
import type { UpdateRow } from '../ledger/rows.ts';
import { decide, type Decision } from '../plan/decide.ts';
import type { UpdateTerms } from '../plan/facts.ts';
import type { Context, Host } from './context.ts';
import { readFacts, readProgress } from './facts.ts';

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
    readProgress(row, host.bootId, host.uptimeSeconds()),
    readFacts(ledger, config.node, row.terms, row.digest),
  );
}

/** Records the decisions and returns what is ready, smallest sequence first. */
export function planUpdates(context: Context): PlannedUpdate[] {
  const { ledger, host, tell } = context;
  return ledger.transaction(() =>
    ledger.updates
      .unfinished()
      .filter(isPlanned)
      .filter((row) => {
        const { state, reason } = decideNow(context, row);
        if (state === 'ready') return true;
        ledger.updates.setState(row.digest, state, reason, host.now());
        if (state !== row.state)
          tell({
            level: state === 'refused' ? 'error' : 'info',
            subject: `update ${row.terms.sequence}`,
            text: `${state}: ${reason}`,
            digest: row.digest,
          });
        return false;
      }),
  );
}

export function isPlanned(row: UpdateRow): row is PlannedUpdate {
  return row.terms !== null;
}
