/**
 * Parses any command line by commander: all that may be typed, `--help`, and words for what cannot be understood. Loaded only when
 * `parse-plainly.ts` does not do.
 */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { errorTable, FerrymanError } from '../errors.ts';
import { continued } from './continued.ts';
import { splitUsage, type CommandSpec, type OptionSpec, type ProgramSpec, type Typed } from './command.ts';
import type { Io } from './io.ts';

/**
 * @param argv what was typed after the program's name
 * @returns the exit status when all is done: the help was printed. @throws FerrymanError `usage.invalid`
 */
export function parseFully(program: ProgramSpec, argv: readonly string[], io: Io): Typed | number {
  let typed: Typed | undefined;
  const root = buildProgram(program, io, (result) => {
    typed = result;
  });
  try {
    root.parse(asHelpOption(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (isHelp(error)) return error.exitCode === 0 ? 0 : errorTable['usage.invalid'].exit;
    const words = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    throw new FerrymanError('usage.invalid', words, { cause: error });
  }
  return typed ?? 0;
}

type Call = (typed: Typed) => void;

function buildProgram(program: ProgramSpec, io: Io, call: Call): Command {
  const root = configure(new Command(program.name), io)
    .description(program.summary)
    .version(program.version)
    .helpCommand('help [command]', 'the same as COMMAND --help')
    .addHelpText(
      'after',
      `\nSee "${program.name} COMMAND --help" for what each command does, with examples.`,
    );
  for (const spec of program.commands) {
    const { path } = splitUsage(spec.usage);
    const parent = path.length > 1 ? groupOf(root, path[0] ?? '', program, io) : root;
    parent.addCommand(buildCommand(program.name, spec, io, call));
  }
  return root;
}

/** The group of that name, made when its first command asks for it. */
function groupOf(root: Command, name: string, program: ProgramSpec, io: Io): Command {
  const known = root.commands.find((command) => command.name() === name);
  if (known) return known;
  const about = program.groups?.[name] ?? '';
  const group = configure(new Command(name), io)
    .summary(about)
    .description(about && `${capitalise(about)}.`)
    .helpCommand(false)
    .addHelpText('after', `\nSee "${program.name} ${name} COMMAND --help" for each, with examples.`);
  root.addCommand(group);
  return group;
}

/** `help trust add` is `trust add --help`: commander's own help goes one word deep. */
function asHelpOption(argv: readonly string[]): readonly string[] {
  return argv[0] === 'help' && argv.length > 2 ? [...argv.slice(1), '--help'] : argv;
}

function buildCommand(programName: string, spec: CommandSpec, io: Io, call: Call): Command {
  const { path, args } = splitUsage(spec.usage);
  const command = configure(new Command(path.at(-1)), io)
    .summary(spec.summary)
    .description([capitalise(spec.summary), spec.details ?? ''].join('.\n\n').trim());
  for (const arg of args) command.addArgument(buildArgument(arg, spec));
  for (const option of spec.options) command.addOption(buildOption(option));
  command.addHelpText('after', helpEnd(programName, spec));
  command.action(() => call({ spec, input: { args: command.args, options: command.opts() } }));
  return command;
}

function configure(command: Command, io: Io): Command {
  return command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      outputError: () => undefined, // told by report(), like every other error
      getOutHelpWidth: () => 80,
      getErrHelpWidth: () => 80,
    })
    .configureHelp({ minWidthToWrap: 20 }) // a long command leaves its description less than the usual 40
    .allowExcessArguments(false);
}

function buildArgument(usage: string, { argumentChoices = {} }: CommandSpec): Argument {
  const argument = new Argument(usage);
  const choices = argumentChoices[argument.name()];
  return choices ? argument.choices(choices) : argument;
}

function buildOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.required ? `${spec.about} (required)` : spec.about);
  if (spec.required) option.makeOptionMandatory();
  if (spec.choices) option.choices(spec.choices);
  if (spec.default !== undefined) option.default(spec.default);
  if (spec.repeatable)
    option.argParser((value, previous: string[] | undefined) => [...(previous ?? []), chosen(spec, value)]);
  return option;
}

/** A parser of its own takes the place of commander's check of the choices. */
function chosen({ choices }: OptionSpec, value: string): string {
  if (choices && !choices.includes(value))
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
  return value;
}

/** Columns of a usual terminal, with room for the backslash. */
const exampleColumns = 78;

function helpEnd(programName: string, { examples, exits }: CommandSpec): string {
  const exitLines = Object.entries(exits ?? {}).map(
    ([status, meaning]) => `  ${status.padStart(3)}  ${meaning}`,
  );
  return [
    ...(exitLines.length > 0 ? ['', 'Exit status (others: docs/errors.md):', ...exitLines] : []),
    '',
    'Examples:',
    ...examples.flatMap((example) => continued(`  ${programName} ${example}`, exampleColumns)),
  ].join('\n');
}

function capitalise(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** True for `--help`, `--version`, and a bare call, which is answered by the help. */
function isHelp({ code }: CommanderError): boolean {
  return code === 'commander.help' || code === 'commander.helpDisplayed' || code === 'commander.version';
}
