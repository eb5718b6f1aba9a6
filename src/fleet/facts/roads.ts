/** Who meets whom; how times and texts are kept: `questions.ts`. */
import type { Page } from '../node-query.ts';
import type { NodeName } from './node.ts';

export interface RoadQuery extends Page {
  /** Only roads that this node is an end of: a GUID. */
  readonly node: string | undefined;
  readonly sort: 'contacts' | 'bytes' | 'last';
}

/** Two nodes that met, by the word of the first; the same pair by the word of the other is a line of its own. */
export interface RoadLine {
  readonly node: NodeName;
  readonly peer: NodeName;
  readonly peerRole: string;
  readonly contacts: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly parcelsIn: number;
  readonly seconds: number;
  readonly firstNodeAt: number;
  readonly lastNodeAt: number;
  /** Days between meetings, on average; `null`: met once. */
  readonly everyDays: number | null;
}

export interface RoadsPage {
  readonly total: number;
  readonly roads: readonly RoadLine[];
}
