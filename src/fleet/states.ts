/** The states of nodes and of updates on nodes, as the office sees them: two closed tables. Pure. */

/** What a node is, for the office. Exclusive: the counts of all seven are the fleet. In the order in which they are shown; the worst first. */
export const nodeStates = ['failed', 'silent', 'late', 'behind', 'current', 'new', 'paused'] as const;
export type NodeState = (typeof nodeStates)[number];

/** What an update is on a node, for the office. */
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

/** The same, in the order in which a person looks at them: what went wrong, what has not ended, what has. */
export const worstResultsFirst: readonly ResultState[] = [
  'failed',
  'interrupted',
  'refused',
  'running',
  'waiting',
  'unseen',
  'carried',
  'succeeded',
  'skipped',
];

/** How a state is to be looked at; colours follow from it, and only repeat the word. */
export type Tone = 'good' | 'bad' | 'note' | 'plain' | 'faint';

export interface StateWords {
  /** One word, for cells and bars. */
  readonly label: string;
  /** What it means, as a sentence without its full stop. */
  readonly meaning: string;
  readonly tone: Tone;
}

export const nodeStateWords: Readonly<Record<NodeState, StateWords>> = {
  failed: {
    label: 'failed',
    meaning: 'an update has failed, was interrupted or was refused, and nothing that succeeded supersedes it',
    tone: 'bad',
  },
  silent: {
    label: 'silent',
    meaning: 'heard nothing for much longer than its own rhythm: a person should look',
    tone: 'bad',
  },
  late: { label: 'late', meaning: 'heard nothing for longer than its own rhythm', tone: 'note' },
  behind: {
    label: 'behind',
    meaning: 'heard in its rhythm; an update that is for it has not come to an end there',
    tone: 'note',
  },
  current: {
    label: 'up to date',
    meaning: 'every update that is for it has come to an end there',
    tone: 'good',
  },
  new: { label: 'new', meaning: 'known to the office and never heard', tone: 'plain' },
  paused: { label: 'paused', meaning: 'nothing is expected of it until a date', tone: 'faint' },
};

export const resultStateWords: Readonly<Record<ResultState, StateWords>> = {
  unseen: { label: 'unseen', meaning: 'the node has not said that it has it', tone: 'plain' },
  carried: {
    label: 'carried',
    meaning: 'the node has not said that it has it; a node that it meets has told that it does',
    tone: 'plain',
  },
  waiting: {
    label: 'waiting',
    meaning: 'it is on the node and not started; the reason says why',
    tone: 'note',
  },
  running: { label: 'running', meaning: 'its script was at work when the node was heard last', tone: 'note' },
  succeeded: { label: 'succeeded', meaning: 'its script has succeeded', tone: 'good' },
  failed: { label: 'failed', meaning: 'its script has failed or timed out', tone: 'bad' },
  interrupted: { label: 'interrupted', meaning: 'its run was cut off', tone: 'bad' },
  refused: { label: 'refused', meaning: 'the node has refused it', tone: 'bad' },
  skipped: {
    label: 'skipped',
    meaning: 'it will not run there: superseded, expired, or not for the node',
    tone: 'faint',
  },
};

export function isNodeState(text: string): text is NodeState {
  return (nodeStates as readonly string[]).includes(text);
}

export function isResultState(text: string): text is ResultState {
  return (resultStates as readonly string[]).includes(text);
}
