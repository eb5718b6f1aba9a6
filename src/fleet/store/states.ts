/** The states of one update on one node, and of a node, as the office sees them. */
import type { UpdateState } from '../../plan/facts.ts';

/**
 * `unseen`: the node has not told of it; `carried`: the same, but another node has it. `waiting`: the node has it, `reason` says for what
 * it waits. `skipped`: superseded or expired.
 */
export const resultStates = [
  'unseen',
  'carried',
  'waiting',
  'running',
  'succeeded',
  'failed',
  'interrupted',
  'refused',
  'skipped',
] as const;
export type ResultState = (typeof resultStates)[number];

/** What is still to come. */
export const openStates: readonly ResultState[] = ['unseen', 'carried', 'waiting', 'running'];
/** What a person should look at. */
export const failedStates: readonly ResultState[] = ['failed', 'interrupted', 'refused'];

/** `new`: never heard of. Late, silent and paused depend on when one asks. */
export const nodeStates = ['new', 'failed', 'behind', 'current'] as const;
export type NodeState = (typeof nodeStates)[number];

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
