/** What the USB port works with; built once by the daemon, by a single pass, or by a test. */
import type { Ledger } from '../ledger/ledger.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import type { Status } from '../status/facts.ts';
import type { Trust } from '../verify/trust.ts';
import type { Phase } from './show/phase.ts';

export interface Surroundings {
  readonly layout: Layout;
  readonly config: Config;
  readonly ledger: Ledger;
  readonly host: { now(): string };
  /** The office keys and the threshold as they are at this moment. @throws FerrymanError `trust.*` */
  readonly trust: () => Trust;
  /** How this node stands, for the report on the key. */
  readonly status: () => Status;
  /** The PATH of the programs that read keys. */
  readonly path: string;
  /** How long a person has to see that the key may be pulled, before it is written to again or anything else is shown. */
  readonly safeForMs: number;
  /** How long the outcome of a visit, such as a code to be read out, stays shown when the key is out and all is at rest. */
  readonly shownForMs: number;
  /** A key that comes back sooner has lost contact, and was not taken away. */
  readonly looseForMs: number;
  readonly show: (phase: Phase) => void;
  readonly tell: (event: {
    readonly level: 'warning' | 'info' | 'debug';
    readonly subject: string;
    readonly text: string;
  }) => void;
}
