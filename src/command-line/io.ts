/** The world of a command: its streams and surroundings, handed in by main.ts so that commands can be tested. */
import type { Readable } from 'node:stream';

/** The program that is running. */
export interface Program {
  /** The Node executable; the single executable itself. */
  readonly interpreter: string;
  /** The folder of the built programs; the one that the single executable stands in. */
  readonly folder: string;
  readonly pid: number;
}

export interface Io {
  /** Results; bytes are for other programs. */
  out(text: string | Uint8Array): void;
  /** Progress, warnings and errors. */
  err(text: string): void;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Standard error goes to the systemd journal, which keeps time and priority of each line itself. */
  readonly stderrIsJournal: boolean;
  /** Columns of the terminal on standard output, where it is one and says so. */
  readonly stdoutColumns?: number | undefined;
  /** The same of standard error. */
  readonly stderrColumns?: number | undefined;
  readonly program: Program;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
  /** Has the heap grow slowly from here on. Takes some milliseconds, so a command that only asks does without. */
  keepMemorySmall(): void;
}
