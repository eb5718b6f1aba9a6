/** How the fleet stands, and what needs a person; how times and texts are kept: `questions.ts`. */
import type { NodeQuery } from '../node-query.ts';
import type { NodeState } from '../states.ts';
import type { NodeName } from './node.ts';
import type { UpdateLine } from './update.ts';

export interface Overview {
  readonly at: number;
  readonly total: number;
  /** Adds up to `total`. */
  readonly states: Readonly<Record<NodeState, number>>;
  /** At most 50, the worst first. */
  readonly needs: readonly Need[];
  /** Of all kinds; more than `needs` holds when there are many. */
  readonly needsTotal: number;
  /** The update with the highest sequence; `null`: none is known. */
  readonly newest: UpdateLine | null;
  readonly freshness: Freshness;
}

/** How much of what is shown is old. */
export interface Freshness {
  /** When an archive or a short log came last, from any node; `null`: never. */
  readonly heardAt: number | null;
  /** Archives that are held. */
  readonly archives: number;
  /** Nothing has come for two days from any node: more likely the office is not fed than that all are silent. */
  readonly isStale: boolean;
  /** Archives that are held and not in these facts, for an error of ferryman itself; their proxy tries again when it is started. */
  readonly notEntered: number;
}

/** Kinds of what needs a person, the worst first. */
export const needKinds = [
  'equivocation',
  'fork',
  'failed',
  'interrupted',
  'refused',
  'silent-carrier',
  'silent',
  'never-heard',
  'disk',
  'gap',
  'clock',
] as const;
export type NeedKind = (typeof needKinds)[number];

/** One cause, one line, however many nodes it touches. */
export interface Need {
  readonly kind: NeedKind;
  /** A sentence without its full stop. May hold text of nodes: escape it. */
  readonly text: string;
  /** The update that it is about. */
  readonly update: number | null;
  readonly nodeCount: number;
  /** At most 5 of the nodes. */
  readonly nodes: readonly NodeName[];
  /** Which nodes, all of them: for a link to the list; `null` where no filter says it. */
  readonly query: NodeQuery | null;
  /** Since when; `null` where it has no beginning. */
  readonly sinceAt: number | null;
}
