/** What a run is made of: contacts and messages, with nodes numbered from 0 in the order in which they appear. */

export interface ContactEvent {
  /** Seconds. */
  readonly at: number;
  readonly a: number;
  readonly b: number;
  readonly isUp: boolean;
}

export interface Message {
  /** Place in the list of messages. */
  readonly index: number;
  readonly id: string;
  /** Seconds. */
  readonly createdAt: number;
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
  /** From 1, dense for each origin, in the order of creation: the sequence of its archive. */
  readonly sequence: number;
  /** The last moment at which a delivery counts, seconds; Infinity: always. */
  readonly expiresAt: number;
}

export interface Scenario {
  /** As the files write them, without letters in front. */
  readonly nodes: readonly string[];
  /** In order of time. */
  readonly contacts: readonly ContactEvent[];
  /** In order of time. */
  readonly messages: readonly Message[];
}

export interface Limits {
  /** Of each node; Infinity: none. */
  readonly bufferBytes: number;
  /** Of each contact; Infinity: everything passes at once. */
  readonly bytesPerSecond: number;
}
