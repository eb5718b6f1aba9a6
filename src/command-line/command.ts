/**
 * What a command is: one row of a command table, from which parsing, `--help`, the manual pages and shell completion are made.
 *
 * The name in `<…>` says what a value is: `<file>`, `<zip>`, `<minisig>`, `<update>` and `<stick>` are files, `<dir>` is a folder,
 * `<sequence>` a sequence that the ledger knows. Completion offers these, and choices.
 */
import type { Io } from './io.ts';

export interface OptionSpec {
  /** As commander writes them: `--to <who>`, `--json`. */
  readonly flags: string;
  readonly about: string;
  readonly required?: boolean;
  /** May be given several times; the value is then a list. */
  readonly repeatable?: boolean;
  readonly default?: string;
  readonly choices?: readonly string[];
}

export interface CommandSpec {
  /** Name and arguments: `receive <file>`, `plan [file]`. Several words before the arguments are a group: `trust add <file>`. */
  readonly usage: string;
  /** One line, lower case. */
  readonly summary: string;
  /** Paragraphs for `--help`. */
  readonly details?: string;
  /** What an argument may be, by its name in `usage`. */
  readonly argumentChoices?: Readonly<Record<string, readonly string[]>>;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
  /** Manual pages to read on: `ferryman-show(1)`. */
  readonly seeAlso?: readonly string[];
  /** Exit statuses beyond 0 and those of errors. */
  readonly exits?: Readonly<Record<number, string>>;
  /** It only asks for what is known, and scripts wait for its answer: started without what only work needs. */
  readonly isQuestion?: true;
  /** Loads the code only when the command is called. */
  load(): Promise<{ readonly run: RunCommand }>;
}

/** What was typed: arguments by position, options by camelCase name. */
export interface Input {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** A command line that was understood. */
export interface Typed {
  readonly spec: CommandSpec;
  readonly input: Input;
}

/** @returns the exit status */
export type RunCommand = (input: Input, io: Io) => Promise<number> | number;

/** A name, and what it is. */
export type Described = readonly [name: string, about: string];

export interface ProgramSpec {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  /** Paragraphs for the manual page. */
  readonly description: string;
  /** Files that it reads and writes, with what they are; for the manual pages. */
  readonly files: readonly Described[];
  /** Environment variables that it heeds. */
  readonly environment: readonly Described[];
  /** Manual pages to read on, with their sections: `sign-update(1)`. */
  readonly seeAlso: readonly string[];
  readonly commands: readonly CommandSpec[];
  /** Each first word that several commands share, with a line about them. */
  readonly groups?: Readonly<Record<string, string>>;
}

/** A program as it starts: the commands that must answer fast are at hand, the table of all is loaded when another one is called. */
export interface ProgramStart {
  readonly name: string;
  /** A part of the table's. */
  readonly questions: readonly CommandSpec[];
  load(): Promise<ProgramSpec>;
}

/** The words that name a command, and its arguments: `trust add <file>` is `trust`, `add` and `<file>`. */
export function splitUsage(usage: string): {
  readonly path: readonly string[];
  readonly args: readonly string[];
} {
  const words = usage.split(' ');
  return {
    path: words.filter((word) => !/^[<[]/.test(word)),
    args: words.filter((word) => /^[<[]/.test(word)),
  };
}

/** An option's value as text; `undefined` when not given. */
export function text(input: Input, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of a repeatable option. */
export function texts(input: Input, name: string): readonly string[] {
  const value = input.options[name];
  return Array.isArray(value) ? (value as string[]) : [];
}

export function flag(input: Input, name: string): boolean {
  return input.options[name] === true;
}
