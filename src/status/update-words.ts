/** An update and what became of it, in few words. Pure. */
import type { Style } from '../command-line/paint.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import type { UpdateState } from '../plan/facts.ts';

/** `42 "fix-clock"` */
export function subjectOf({ sequence, title }: UpdateRow): string {
  return `${sequence ?? '?'} "${title}"`;
}

/** The state, with the exit status or signal that is not told by it: `failed 4`, `failed SIGKILL`. */
export function resultInWords({ state, exitStatus, signal }: UpdateRow): string {
  if (signal !== null) return `${state} ${signal}`;
  return exitStatus === null || exitStatus === 0 || state === 'deferred' ? state : `${state} ${exitStatus}`;
}

const styles: Partial<Record<UpdateState, Style>> = {
  succeeded: 'good',
  failed: 'bad',
  'timed-out': 'bad',
  interrupted: 'bad',
  refused: 'bad',
  waiting: 'note',
  deferred: 'note',
};

/** How a state is painted. */
export function stateStyle(state: UpdateState): Style {
  return styles[state] ?? 'plain';
}
