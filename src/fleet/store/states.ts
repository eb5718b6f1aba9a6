/** How the store arrives at the states of updates and nodes: from the ledgers' words. */
import type { UpdateState } from '../../plan/facts.ts';
import type { NodeState, ResultState } from '../states.ts';

/** What is still to come. */
export const openStates: readonly ResultState[] = ['unseen', 'carried', 'waiting', 'running'];
/** What a person should look at. */
export const failedStates: readonly ResultState[] = ['failed', 'interrupted', 'refused'];

/** What stands in the store of a node: late, silent and paused depend on when one asks. */
export type StoredNodeState = Extract<NodeState, 'new' | 'failed' | 'behind' | 'current'>;

/** The ledger's words in the office's; `undefined`: the update is not for that node, which carries it. */
const ofLedger: Readonly<Record<UpdateState, ResultState | undefined>> = {
  received: 'waiting',
  verified: 'waiting',
  'not-for-me': undefined,
  waiting: 'waiting',
  superseded: 'skipped',
  expired: 'skipped',
  refused: 'refused',
  starting: 'running',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  'timed-out': 'failed',
  deferred: 'waiting',
  interrupted: 'interrupted',
};

export function resultStateOf(state: UpdateState): ResultState | undefined {
  return ofLedger[state];
}
