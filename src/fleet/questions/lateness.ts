/**
 * Whether a node is late: by its own rhythm, since a kiosk that a bus passes every week is not late after three days, and one that is always
 * online is. Pure; `node-state.ts` says the same in SQL, and a test holds the two against each other.
 */
import type { NodeState } from '../states.ts';

const day = 86_400;

/** Late after three times its usual pause, and two days at least: a weekend, a cut, a bus that did not come. */
export const lateRule = { times: 3, leastSeconds: 2 * day } as const;
/** Silent after ten times its usual pause, and two weeks at least: no bus is that unreliable. */
export const silentRule = { times: 10, leastSeconds: 14 * day } as const;
/** Of a node that was heard once or twice: ferries come by every few days. */
export const unknownRhythmSeconds = 3 * day;

export interface Rule {
  readonly times: number;
  readonly leastSeconds: number;
}

/** What a node's state follows from. */
export interface Heard {
  /** By results alone: what time has to do with it comes on top. */
  readonly state: NodeState;
  readonly pausedUntil: number | null;
  readonly heardAt: number | null;
  readonly rhythmSeconds: number | null;
}

/** When a node is late, or silent, unless it is heard before; milliseconds since 1970. `null`: never heard. */
export function dueAt(
  { heardAt, rhythmSeconds }: Omit<Heard, 'state' | 'pausedUntil'>,
  rule: Rule,
): number | null {
  if (heardAt === null) return null;
  const seconds = Math.max(rule.times * (rhythmSeconds ?? unknownRhythmSeconds), rule.leastSeconds);
  return heardAt + seconds * 1000;
}

/** A failure stays one however long nothing was heard: it is known, and waits for a person. */
export function stateAt(node: Heard, nowMs: number): NodeState {
  if (node.pausedUntil !== null && node.pausedUntil > nowMs) return 'paused';
  if (node.heardAt === null) return 'new';
  if (node.state === 'failed') return 'failed';
  if ((dueAt(node, silentRule) ?? nowMs) < nowMs) return 'silent';
  if ((dueAt(node, lateRule) ?? nowMs) < nowMs) return 'late';
  return node.state === 'behind' ? 'behind' : 'current';
}
