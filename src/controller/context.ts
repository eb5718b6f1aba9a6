/** What every part of the controller works with; built once by main.ts, or by a test. */
import type { Ledger } from '../ledger/ledger.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import type { ShortLogSink } from '../report/sinks/sink.ts';
import type { RunnerProgram } from '../run/start-runner.ts';

/** Something that happened, for a person to read. */
export interface ControllerEvent {
  readonly level: 'error' | 'warning' | 'info' | 'debug';
  /** What it is about: `update 42`, a file name, … */
  readonly subject: string;
  readonly text: string;
  /** The update, where there is one. */
  readonly digest?: string;
  /** The file, where it is no update yet. */
  readonly fileHash?: string;
  /** What it is about has come to rest by this. */
  readonly final?: true;
}

/** The clocks and names that the outside gives. */
export interface Host {
  /** Wall clock, RFC 3339; may be anything, orders nothing. */
  now(): string;
  /** Seconds since boot; never jumps. */
  uptimeSeconds(): number;
  readonly bootId: string;
  readonly pid: number;
  randomHex(bytes: number): string;
}

export interface Context {
  readonly layout: Layout;
  readonly config: Config;
  readonly ledger: Ledger;
  readonly host: Host;
  readonly runner: RunnerProgram;
  /** Folders that scripts find `ferryman` and its interpreter in. */
  readonly programs: readonly string[];
  /** How the program that hears of USB devices is started; `undefined`: this ferryman comes without it. */
  readonly usbEvents: readonly string[] | undefined;
  /** How a command of this ferryman is started: interpreter and file, or the single executable. */
  readonly ownCommand: readonly string[];
  readonly sinks: readonly ShortLogSink[];
  readonly tell: (event: ControllerEvent) => void;
  /**
   * Waits until the USB keys that are in by now have been copied. One that comes later is not waited for: a loose contact must not
   * keep everything from starting.
   *
   * @returns true when there was something to wait for
   */
  readonly keysAtWork: () => Promise<boolean>;
  /**
   * Called wherever the work moves on, and only there: what watches over the daemon takes long silence for a hang. `doing`
   * says in words what is being done from here on.
   */
  readonly progress: (doing?: string) => void;
  /** The version of ferryman that is at work. */
  readonly version: string;
}
