/** What completion must know of a command: which words it takes, and what kind of value each is. Pure. */
import type { CommandSpec, ProgramSpec } from '../command.ts';

/** What can be offered for a value. */
export type ValueKind =
  | { readonly kind: 'file' | 'folder' | 'sequence' | 'anything' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] };

export interface CompletedOption {
  /** `-o`, `--output` */
  readonly names: readonly string[];
  readonly about: string;
  readonly repeatable: boolean;
  /** Name and kind of its value; `undefined`: it takes none. */
  readonly value: { readonly name: string; readonly kind: ValueKind } | undefined;
}

export interface CompletedArgument {
  readonly name: string;
  /** Takes all the words that are left. */
  readonly variadic: boolean;
  readonly kind: ValueKind;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly args: readonly CompletedArgument[];
}

const kinds: Readonly<Record<string, 'file' | 'folder' | 'sequence'>> = {
  file: 'file',
  zip: 'file',
  minisig: 'file',
  dir: 'folder',
  sequence: 'sequence',
};

const help: CompletedOption = {
  names: ['-h', '--help'],
  about: 'show help',
  repeatable: false,
  value: undefined,
};

/** The commands of a program, with the `help` that every program has. */
export function completedCommands({ commands }: ProgramSpec): CompletedCommand[] {
  const names = commands.map(({ usage }) => usage.split(' ')[0] ?? '');
  const helpCommand: CompletedCommand = {
    name: 'help',
    summary: 'the same as COMMAND --help',
    options: [],
    args: [{ name: 'command', variadic: false, kind: { kind: 'choice', choices: names } }],
  };
  return [...commands.map(completedCommand), helpCommand];
}

function completedCommand({ usage, summary, options, argumentChoices = {} }: CommandSpec): CompletedCommand {
  const [name = '', ...args] = usage.split(' ');
  return {
    name,
    summary,
    options: [
      ...options.map(({ flags, about, choices, repeatable = false }) => ({
        names: flags.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? [],
        about,
        repeatable,
        value: valueOf(flags, choices),
      })),
      help,
    ],
    args: args.map((arg) => {
      const placeholder = arg.replaceAll(/[^a-z-]/g, '');
      return {
        name: placeholder,
        variadic: arg.includes('...'),
        kind: kindOf(placeholder, argumentChoices[placeholder]),
      };
    }),
  };
}

function valueOf(flags: string, choices: readonly string[] | undefined): CompletedOption['value'] {
  const name = /<([a-z-]+)/.exec(flags)?.[1];
  return name === undefined ? undefined : { name, kind: kindOf(name, choices) };
}

function kindOf(placeholder: string, choices: readonly string[] | undefined): ValueKind {
  return choices ? { kind: 'choice', choices } : { kind: kinds[placeholder] ?? 'anything' };
}
