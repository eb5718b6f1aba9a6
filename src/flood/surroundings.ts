/** What everything of the exchange works with; built once by the daemon, or by a test. */
import type { OwnNode } from '../enrol/own-node.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import type { Beliefs } from './beliefs.ts';

/** Something that happened, for a person to read. */
export interface FloodEvent {
  readonly level: 'error' | 'warning' | 'info' | 'debug';
  readonly subject: string;
  readonly text: string;
}

/** The clocks that the outside gives. */
export interface FloodHost {
  /** Wall clock, RFC 3339; may be anything, orders nothing. */
  readonly now: () => string;
  /** Seconds since boot; never jumps. */
  readonly uptimeSeconds: () => number;
  readonly randomHex: (bytes: number) => string;
}

export interface FloodSurroundings {
  readonly layout: Layout;
  readonly config: Config;
  readonly ledger: Ledger;
  readonly host: FloodHost;
  readonly own: OwnNode;
  readonly beliefs: Beliefs;
  readonly tell: (event: FloodEvent) => void;
}
