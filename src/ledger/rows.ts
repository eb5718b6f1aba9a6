/** What the ledger tells: plain rows, named as docs/json.md names them. */
import type { ProcessIdentity } from '../host/process-identity.ts';
import type { ChannelName } from '../channels/channel-name.ts';
import type { UpdateState, UpdateTerms } from '../plan/facts.ts';
import type { RunOutcome } from '../run/outcome.ts';

export interface UpdateRow {
  /** Order of arrival. */
  readonly id: number;
  readonly digest: string;
  readonly sequence: number | null;
  readonly title: string;
  /** `null` when the manifest could not be read. */
  readonly terms: UpdateTerms | null;
  readonly signers: readonly string[];
  readonly channel: ChannelName;
  readonly state: UpdateState;
  readonly reason: string;
  readonly attempts: number;
  readonly deferrals: number;
  readonly exitStatus: number | null;
  readonly signal: string | null;
  readonly retryBootId: string | null;
  readonly retryUptimeSeconds: number | null;
  readonly receivedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface RunRow {
  readonly digest: string;
  readonly run: number;
  readonly attempt: number;
  readonly nonce: string;
  readonly state: 'starting' | 'running' | 'ended';
  readonly runner: ProcessIdentity | null;
  readonly outcome: RunOutcome | null;
  readonly exitStatus: number | null;
  readonly signal: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly logsKept: boolean;
}

export interface TransitionRow {
  readonly state: UpdateState;
  readonly reason: string;
  readonly at: string;
}

export interface RefusalRow {
  readonly fileHash: string;
  readonly channel: ChannelName;
  /** Of the file in the channel's folder; '' when it was handed in. */
  readonly name: string;
  readonly code: string;
  readonly reason: string;
  readonly times: number;
  readonly at: string;
}

export interface EvidenceRow {
  readonly digest: string;
  readonly sequence: number;
  readonly signatures: string;
  readonly manifest: string;
  readonly at: string;
}

export interface OutboxRow {
  readonly id: number;
  readonly sink: string;
  readonly digest: string;
  readonly sequence: number | null;
  /** The state that the text tells. */
  readonly state: UpdateState;
  readonly text: string;
  readonly tries: number;
  readonly problem: string | null;
  readonly createdAt: string;
  readonly deliveredAt: string | null;
}

/** A sink that failed when it was last tried. */
export interface SinkRow {
  readonly name: string;
  /** In a row. */
  readonly failures: number;
  readonly problem: string;
  /** It is left alone until this uptime of this boot. */
  readonly retryBootId: string;
  readonly retryUptimeSeconds: number;
}

/**
 * How a visit of a USB key stands or ended. `reading`: it is looked at; `safe`: all that was wanted is copied; `failed`: it was pulled,
 * or could not be read; `ignored`: it has no valid pass, or grants nothing more.
 */
export type VisitState = 'reading' | 'safe' | 'failed' | 'ignored';

export interface VisitRow {
  readonly id: number;
  /** Differs between two insertions within one boot. */
  readonly insertion: string;
  readonly device: string;
  /** Of the USB device. */
  readonly serial: string | null;
  /** UUID of the file system; `null` until it was read. */
  readonly volume: string | null;
  readonly label: string | null;
  readonly fileSystem: string | null;
  /** Both from a pass that was verified. */
  readonly technician: string | null;
  readonly passDigest: string | null;
  /** Visits that the pass grants to this node; `null`: any number, or not known. */
  readonly passUses: number | null;
  /** How many of them were left when this visit was over; `null` as above. */
  readonly usesLeft: number | null;
  readonly state: VisitState;
  /** Of the error that ended it. */
  readonly code: string | null;
  /** One line for a person; '' when all went well. */
  readonly reason: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** A file that was found on a key. */
export interface VisitFileRow {
  readonly visit: number;
  /** On the key. */
  readonly name: string;
  /** `null` when it was not read to its end. */
  readonly fileHash: string | null;
  /** `null` when it is no parcel. */
  readonly digest: string | null;
  /** Why it was not taken; `null` when it was. */
  readonly code: string | null;
  readonly reason: string;
}

export interface NeighbourRow {
  /** GUID. */
  readonly node: string;
  /** '' until it is known. */
  readonly role: string;
  /** Of its enrolment; 0 until it is known. */
  readonly serial: number;
  /** `HOST:PORT` by which it was last heard or met. */
  readonly address: string;
  /** When a ping of it was last believed. */
  readonly heardAt: string | null;
  /** When it was last met. */
  readonly metAt: string | null;
  readonly contacts: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly parcelsIn: number;
  /** Why the last contact stopped. */
  readonly reason: string;
}

/** A contact with a neighbour from which this node fetched. Spec: docs/format.md §16. */
export interface ContactRow {
  readonly id: number;
  readonly at: string;
  readonly peer: string;
  readonly role: string;
  readonly seconds: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly parcelsIn: number;
  /** Why it stopped. */
  readonly reason: string;
}

/** What became of a parcel of a neighbour that is not here. */
export interface PoolNoteRow {
  readonly id: number;
  /** `<origin>/<incarnation>/<sequence>` of an archive, else its path in the offer. */
  readonly name: string;
  /** `null` where it was not read. */
  readonly digest: string | null;
  readonly what: 'covered' | 'evicted' | 'quarantined' | 'refused' | 'fork';
  readonly reason: string;
  /** Who brought it; '' when it was here. */
  readonly peer: string;
  readonly at: string;
}
