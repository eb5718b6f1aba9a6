/** What the office knows of an update; how times and texts are kept: `questions.ts`. */
import type { SequenceRange } from '../../parcel/sequences.ts';
import type { ResultState } from '../states.ts';
import type { NodeName, ShortLogLine } from './node.ts';

/** One line of the list of updates. */
export interface UpdateLine {
  /** `null`: known by its digest alone. */
  readonly sequence: number | null;
  readonly digest: string;
  readonly title: string;
  /** Bytes of the file; `null`: not known. */
  readonly bytes: number | null;
  /** As the manifest has it: RFC 3339. */
  readonly created: string | null;
  readonly expires: string | null;
  readonly publishedAt: number | null;
  readonly firstSeenAt: number;
  /** Nodes that it is for. */
  readonly total: number;
  /** Adds up to `total`. */
  readonly counts: Readonly<Record<ResultState, number>>;
}

export interface UpdatesPage {
  readonly total: number;
  /** Highest sequence first. */
  readonly updates: readonly UpdateLine[];
}

export interface UpdateFacts extends UpdateLine {
  readonly recipients: readonly string[];
  readonly signers: readonly string[];
  readonly supersedes: readonly SequenceRange[];
  readonly script: string | null;
  /** Other digests under this sequence: equivocation. */
  readonly rivals: readonly string[];
  readonly publications: readonly Publication[];
  /** Oldest first, at most 200 points; the last is now. */
  readonly curve: readonly CurvePoint[];
  /** The most frequent first, at most 50. */
  readonly failures: readonly FailureGroup[];
  /** Of the nodes it is for and that have not ended: how many are late or silent themselves. */
  readonly overdue: number;
  /** Newest first, at most 50. */
  readonly shortLogs: readonly ShortLogLine[];
}

export interface Publication {
  readonly road: string;
  readonly at: number;
  readonly byWhom: string;
  readonly outcome: string;
}

/** How many nodes the office had heard by then to have it (`reached`), and to be done with it. */
export interface CurvePoint {
  readonly at: number;
  readonly reached: number;
  readonly succeeded: number;
  /** Failed, interrupted or refused. */
  readonly failed: number;
}

/** Failures that look the same. */
export interface FailureGroup {
  readonly state: ResultState;
  readonly exitStatus: number | null;
  readonly signal: string | null;
  readonly lastLine: string;
  readonly nodeCount: number;
  /** At most 5. */
  readonly nodes: readonly NodeName[];
}
