/**
 * What the office knows of its fleet, as answers: the page, its JSON and `ferryman fleet` show nothing else. Plain values, no rows.
 *
 * Times are milliseconds since 1970 in keys `at`, `…At`, `…Until` (`asJson` writes them as RFC 3339). `heardAt`, `receivedAt` and the like are by the
 * clock of the proxy; keys with `node` in them (`nodeAt`, `nodeFinishedAt`) by the node's, which may be wrong. A digest is 128 hex digits.
 */
import type { Role } from '../parcel/recipients.ts';
import type { SequenceRange } from '../parcel/sequences.ts';
import type { NodeQuery, Page } from './node-query.ts';
import type { NodeState, ResultState } from './states.ts';

/** What can be asked. Reads only. Every promise can be rejected with `fleet.unreachable`, the database being away. */
export interface FleetQuestions {
  overview(nowMs: number): Promise<Overview>;
  /** @throws FerrymanError `fleet.unknown`: no update of that sequence or digest, when the query names one */
  nodes(query: NodeQuery, nowMs: number): Promise<NodesPage>;
  /** @param who its GUID, a beginning of it of 4 digits or more, or its name. @throws FerrymanError `fleet.unknown`, `fleet.ambiguous` */
  node(who: string, nowMs: number): Promise<NodeFacts>;
  updates(page: Page): Promise<UpdatesPage>;
  /** @param which its sequence, or a beginning of its digest of 8 digits or more. @throws FerrymanError `fleet.unknown`, `fleet.ambiguous` */
  update(which: string, nowMs: number): Promise<UpdateFacts>;
  roads(query: RoadQuery): Promise<RoadsPage>;
  /** All of it, the worst first; the overview has the beginning. */
  needsPerson(nowMs: number): Promise<readonly Need[]>;
  /** What to put on a USB key for a node. @throws as `node` */
  keyFor(who: string, nowMs: number): Promise<KeyContents>;
}

/** What people tell the office about its nodes. @throws FerrymanError as `FleetQuestions.node` */
export interface FleetChanges {
  /**
   * All of the words or, when one is refused, none.
   *
   * @throws FerrymanError `fleet.name`: not printable, too long, another node's name, or one that could be the beginning of a GUID
   */
  describe(who: string, words: NodeWords): Promise<NodeName>;
  /** Nothing is expected of the node until then. @param untilMs `null`: it is expected again */
  pause(who: string, untilMs: number | null): Promise<NodeName>;
}

/** What people call a node; what is left out stays as it is, `''` takes it away. */
export interface NodeWords {
  readonly name?: string;
  readonly place?: string;
  readonly note?: string;
}

/** A node in a line that is about something else. */
export interface NodeName {
  readonly guid: string;
  /** `''`: it has none. */
  readonly name: string;
}

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

/** One line of the list of nodes. */
export interface NodeLine extends NodeName {
  /** `null`: known by its GUID alone. */
  readonly role: Role | null;
  readonly place: string;
  readonly groups: readonly string[];
  readonly state: NodeState;
  readonly heardAt: number | null;
  /** `flood`, `sms`, `usb`, …; `null`: never heard. */
  readonly heardRoad: string | null;
  /** Seconds between hearings, the median; `null`: too few yet. */
  readonly rhythmSeconds: number | null;
  /** When it is late, and when silent, unless it is heard before; `null`: never heard. */
  readonly lateAt: number | null;
  readonly silentAt: number | null;
  readonly pausedUntil: number | null;
  /** The highest sequence that the node has. */
  readonly newestSequence: number | null;
  /** Updates that are for it and have not come to an end there. */
  readonly behind: number;
  /** Updates that failed, were interrupted or refused, and are not superseded. */
  readonly failures: number;
  /** Archives of it that the office knows to exist and does not hold: late and missing. */
  readonly absent: number;
  /** Archives that it has declared lost. */
  readonly lost: number;
  /** Archives that waited on the node for a proxy when it was last heard, and their bytes; `null`: it did not say. */
  readonly undelivered: number | null;
  readonly undeliveredBytes: number | null;
  readonly version: string | null;
  readonly diskFreeBytes: number | null;
  readonly diskTotalBytes: number | null;
  /** By how many seconds its clock is ahead of the proxy's. */
  readonly clockOffsetSeconds: number | null;
  /** Where the query names an update: what that is on this node. */
  readonly result: ResultLine | null;
}

export interface NodesPage {
  readonly query: NodeQuery;
  /** Over all pages. */
  readonly total: number;
  readonly nodes: readonly NodeLine[];
}

/** An update on a node. */
export interface ResultLine {
  /** `null`: known by its digest alone. */
  readonly sequence: number | null;
  readonly digest: string;
  readonly title: string;
  readonly state: ResultState;
  /** The word of the node's own ledger where it says more (`timed-out`, `superseded`), and why; `''`. */
  readonly reason: string;
  readonly exitStatus: number | null;
  readonly signal: string | null;
  readonly attempts: number;
  /** By which it came to the node; `null`: it has not, or did not say. */
  readonly channel: string | null;
  /** The last line that its script wrote. Any printable text: escape it. */
  readonly lastLine: string;
  readonly nodeStartedAt: number | null;
  readonly nodeFinishedAt: number | null;
  /** When the office came to know of this state; `null`: the node never said. */
  readonly heardAt: number | null;
}

export interface NodeFacts extends NodeLine {
  readonly serial: number | null;
  readonly note: string;
  readonly firstKnownAt: number;
  /** When it was heard, oldest first, at most 16. */
  readonly heardTimes: readonly number[];
  /** Newest sequence first, at most 500. */
  readonly history: readonly ResultLine[];
  /** The one heard of last first. */
  readonly incarnations: readonly IncarnationFacts[];
  /** Whom it met, the most often met first, at most 50; of both sides' words. */
  readonly contacts: readonly RoadLine[];
  /** Its single meetings, newest first, at most 500: for a picture over time. */
  readonly meetings: readonly Meeting[];
  /** Newest first, at most 50. */
  readonly shortLogs: readonly ShortLogLine[];
  readonly key: KeyContents;
}

export interface Meeting {
  /** By the clock of the node that wrote it down. */
  readonly nodeAt: number;
  readonly peer: NodeName;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly seconds: number;
}

/** `late`: may still be on its way. `missing`: expected for long. `lost`: the node has said that it had to drop it. */
export type GapState = 'late' | 'missing' | 'lost';

/** A life of a node's store of logs; a node that was imaged anew begins another. */
export interface IncarnationFacts {
  readonly incarnation: string;
  readonly held: readonly SequenceRange[];
  readonly highest: number;
  readonly heardAt: number;
  readonly gaps: readonly (SequenceRange & { readonly state: GapState; readonly sinceAt: number | null })[];
}

export interface ShortLogLine {
  readonly node: NodeName;
  readonly sequence: number | null;
  readonly state: ResultState | null;
  readonly text: string;
  readonly road: string;
  readonly receivedAt: number;
}

/** What a key for one node should hold. */
export interface KeyContents {
  readonly node: NodeName;
  /** Updates that are for it and that it has not said to have, smallest sequence first. */
  readonly updates: readonly {
    readonly sequence: number;
    readonly digest: string;
    readonly title: string;
    /** `null`: not known. */
    readonly bytes: number | null;
    readonly state: ResultState;
  }[];
  /** Of those that are known. */
  readonly bytes: number;
  /** A node takes updates only from a key with a pass of the office, unless its configuration says otherwise, of which the office does not hear. */
  readonly passNeeded: boolean;
  /** What to type in the office; the names of the files of pass and updates are the office's own. */
  readonly command: string;
}

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
