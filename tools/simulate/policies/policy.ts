/** What a node decides in a run. The engine moves messages; policies say which, and what goes when there is no room. */
import type { Message } from '../scenario.ts';

/** A copy in the buffer of a node. */
export interface Copy {
  readonly message: Message;
  readonly hops: number;
  /** Rises with each copy that any node gets. */
  readonly arrival: number;
}

export interface SimNode {
  readonly index: number;
  readonly copies: Map<Message, Copy>;
  usedBytes: number;
}

export interface Offer {
  /** In the order in which they are to go. */
  readonly messages: readonly Message[];
  /** The highest goes first, of all that can start at a node. */
  readonly priority: number;
}

export interface Policy {
  /** Two nodes see each other; facts that weigh nothing are exchanged. */
  met(a: SimNode, b: SimNode, now: number): void;
  parted?(a: SimNode, b: SimNode, bytes: number): void;
  /** What `to` is to get next from `from`, one message or more; `undefined`: nothing. */
  offer(from: SimNode, to: SimNode, now: number): Offer | undefined;
  /** What goes from a node so that a message has room; `undefined`: it is not taken. `own`: it was made there. */
  makeRoom(node: SimNode, message: Message, own: boolean, now: number): readonly Message[] | undefined;
  /** A copy has come, or was made here. */
  stored(node: SimNode, copy: Copy, from: SimNode | undefined, now: number): void;
  /** A copy has gone. */
  removed(node: SimNode, message: Message): void;
  /** It has reached the node it was for. @returns nodes that may drop copies they hold: it is asked what by `isDone` */
  delivered(message: Message, at: SimNode, from: SimNode, now: number): void;
}

export interface PolicyWorld {
  readonly nodes: readonly SimNode[];
  readonly bufferBytes: number;
  readonly isLimited: boolean;
  /** Nodes that see this one now. */
  peers(node: SimNode): Iterable<SimNode>;
  /** Removes a copy. */
  drop(node: SimNode, message: Message): void;
}
