/** What the office knows of a node; how times and texts are kept: `questions.ts`. */
import type { UsbKeyRule, UsbVisit } from '../../parcel/node-facts.ts';
import type { Role } from '../../parcel/recipients.ts';
import type { SequenceRange } from '../../parcel/sequences.ts';
import type { NodeQuery } from '../node-query.ts';
import type { NodeState, ResultState } from '../states.ts';
import type { RoadLine } from './roads.ts';

/** A node in a line that is about something else. */
export interface NodeName {
  readonly guid: string;
  /** `''`: it has none. */
  readonly name: string;
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

export interface NodeHeard {
  readonly guid: string;
  readonly heardAt: number | null;
  readonly newestSequence: number | null;
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
  /** From which USB keys it takes updates; `null`: it does not tell, being of before. */
  readonly usbKeys: UsbKeyRule | null;
  /** Keys that were put into it, the newest first, at most 10; `null`: it does not tell. */
  readonly usbVisits: readonly UsbVisitLine[] | null;
}

export interface UsbVisitLine extends Omit<UsbVisit, 'at'> {
  /** By the clock of the node. */
  readonly nodeAt: number;
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
  /** As the node has told of itself; `null`: it has not, and a pass does no harm. */
  readonly keys: UsbKeyRule | null;
  /** It is not known to take updates from a key without one. */
  readonly passNeeded: boolean;
  /** What to type in the office; the names of the files of pass and updates are the office's own. */
  readonly command: string;
}
