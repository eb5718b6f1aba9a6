/** What completion must know of a command: which words it takes, and what kind of value each is. Pure. */
import { splitUsage, type CommandSpec, type ProgramSpec } from '../command.ts';

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
  stick: 'file',
  update: 'file',
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
export function completedCommands({ commands, groups = {} }: ProgramSpec): CompletedCommand[] {
  const names = [...new Set(commands.map(({ usage }) => splitUsage(usage).path[0] ?? ''))];
  const helpCommand: CompletedCommand = {
    name: 'help',
    summary: 'the same as COMMAND --help',
    options: [],
    args: [{ name: 'command', variadic: false, kind: { kind: 'choice', choices: names } }],
  };
  const completed = names.map((name) => {
    const members = commands.filter(({ usage }) => splitUsage(usage).path[0] === name);
    const [only] = members;
    return only && splitUsage(only.usage).path.length === 1
      ? completedCommand(only)
      : completedGroup(name, groups[name] ?? '', members);
  });
  return [...completed, helpCommand];
}

/** A group is completed as one command: its members are the choices of the first argument, and share their options. */
function completedGroup(name: string, summary: string, members: readonly CommandSpec[]): CompletedCommand {
  const each = members.map(completedCommand);
  const options = new Map(
    each.flatMap((member) => member.options.map((option) => [option.names.join(), option])),
  );
  const longest = Math.max(...each.map(({ args }) => args.length));
  return {
    name,
    summary,
    options: [...options.values()],
    args: [
      {
        name: 'command',
        variadic: false,
        kind: { kind: 'choice', choices: members.map(({ usage }) => splitUsage(usage).path[1] ?? '') },
      },
      ...Array.from({ length: longest }, (_, position) => {
        const here = each.flatMap(({ args }) => args[position] ?? []);
        return (
          here.find(({ kind }) => kind.kind !== 'anything') ??
          here[0] ?? { name: 'argument', variadic: false, kind: { kind: 'anything' as const } }
        );
      }),
    ],
  };
}

function completedCommand({ usage, summary, options, argumentChoices = {} }: CommandSpec): CompletedCommand {
  const { path, args } = splitUsage(usage);
  return {
    name: path.at(-1) ?? '',
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
