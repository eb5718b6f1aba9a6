/** What the plan looks at: plain facts, read from the ledger and the configuration at the start of a cycle. */
import type { UpdateManifest } from '../parcel/manifest.ts';
import type { Addressee } from '../parcel/recipients.ts';

/** The life of an update on a node, in order. Spec: docs/format.md §8. */
export const states = [
  'received',
  'verified',
  'not-for-me',
  'waiting',
  'superseded',
  'expired',
  'refused',
  'starting',
  'running',
  'succeeded',
  'failed',
  'timed-out',
  'deferred',
  'interrupted',
] as const;
export type UpdateState = (typeof states)[number];

const words: Readonly<Record<UpdateState, string>> = {
  received: 'has arrived',
  verified: 'is ready to run',
  'not-for-me': 'is not for this node',
  waiting: 'is waiting',
  superseded: 'is superseded',
  expired: 'has expired',
  refused: 'was refused',
  starting: 'is starting',
  running: 'is running',
  succeeded: 'has succeeded',
  failed: 'has failed',
  'timed-out': 'has timed out',
  deferred: 'is deferred',
  interrupted: 'was interrupted',
};

/** A state as a sentence goes on: "update 42 has succeeded". */
export function stateInWords(state: UpdateState): string {
  return words[state];
}

export interface NodeFacts extends Addressee {
  /** Sequences up to this one came with the image. 0: none. */
  readonly baseline: number;
}

/** What the plan must know of one update: the manifest without its files. */
export type UpdateTerms = Omit<UpdateManifest, 'files'>;

/** Another update that matters to the one being planned. */
export interface KnownUpdate {
  readonly sequence: number;
  readonly digest: string;
  readonly state: UpdateState;
}

/** Where the update itself stands. */
export interface Progress {
  readonly state: UpdateState;
  /** Why it stands there. */
  readonly reason: string;
  /** Starts that count; deferred ones do not. */
  readonly attempts: number;
  /** Seconds until an update that is deferred, or could not be started, may be tried again; 0 when it may now. */
  readonly retryInSeconds: number;
}

export interface Facts {
  readonly node: NodeFacts;
  /** The newest office-signed time seen, RFC 3339; `undefined` before the first. */
  readonly timeFloor: string | undefined;
  /** Other digests that carry this sequence. */
  readonly rivals: readonly KnownUpdate[];
  /** What is known of the required sequences. */
  readonly required: readonly KnownUpdate[];
  /** Sequences required here that a newer, successful update supersedes. */
  readonly coveredBySuccess: ReadonlySet<number>;
  /** A newer update, verified and addressed here, that supersedes this one. */
  readonly supersededBy: number | undefined;
}
