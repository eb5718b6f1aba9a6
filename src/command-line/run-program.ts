/** Runs a program from its command table: parses, helps, calls the command, and turns errors into words and exit statuses. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { errorTable, FerrymanError, isSystemError } from '../errors.ts';
import { splitUsage, type CommandSpec, type OptionSpec, type ProgramSpec } from './command.ts';
import type { Io } from './io.ts';

/** @param argv what was typed after the program's name. @returns the exit status */
export async function runProgram(program: ProgramSpec, argv: readonly string[], io: Io): Promise<number> {
  let status = 0;
  // The other commands are needed only to tell of them.
  const called = program.commands.filter(({ usage }) => splitUsage(usage).path[0] === argv[0]);
  const commands = called.length > 0 ? called : program.commands;
  const root = buildProgram({ ...program, commands }, io, (result) => {
    status = result;
  });
  try {
    await root.parseAsync(asHelpOption(argv), { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && isHelp(error))
      return error.exitCode === 0 ? 0 : errorTable['usage.invalid'].exit;
    return report(program.name, asFerrymanError(error), argv.includes('--json'), io);
  }
}

function buildProgram(program: ProgramSpec, io: Io, finish: (status: number) => void): Command {
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
    parent.addCommand(buildCommand(program.name, spec, io, finish));
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

function buildCommand(
  programName: string,
  spec: CommandSpec,
  io: Io,
  finish: (status: number) => void,
): Command {
  const { path, args } = splitUsage(spec.usage);
  const command = configure(new Command(path.at(-1)), io)
    .summary(spec.summary)
    .description([capitalise(spec.summary), spec.details ?? ''].join('.\n\n').trim());
  for (const arg of args) command.addArgument(buildArgument(arg, spec));
  for (const option of spec.options) command.addOption(buildOption(option));
  command.addHelpText('after', helpEnd(programName, spec));
  command.action(async () => {
    const { run } = await spec.load();
    finish(await run({ args: command.args, options: command.opts() }, io));
  });
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

function helpEnd(programName: string, { examples, exits }: CommandSpec): string {
  const exitLines = Object.entries(exits ?? {}).map(
    ([status, meaning]) => `  ${status.padStart(3)}  ${meaning}`,
  );
  return [
    ...(exitLines.length > 0 ? ['', 'Exit status (others: docs/errors.md):', ...exitLines] : []),
    '',
    'Examples:',
    ...examples.map((example) => `  ${programName} ${example}`),
  ].join('\n');
}

function capitalise(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** True for `--help`, `--version`, and a bare call, which is answered by the help. */
function isHelp({ code }: CommanderError): boolean {
  return code === 'commander.help' || code === 'commander.helpDisplayed' || code === 'commander.version';
}

function asFerrymanError(error: unknown): FerrymanError {
  if (error instanceof FerrymanError) return error;
  if (isSystemError(error, 'EACCES', 'EPERM'))
    return new FerrymanError('system.permission', error.message, { cause: error });
  if (error instanceof CommanderError)
    return new FerrymanError('usage.invalid', error.message.replace(/^error: /, '').replaceAll('\n', ' '), {
      cause: error,
    });
  if (isSystemError(error, 'ENOENT', 'ENOTDIR'))
    return new FerrymanError(
      'source.missing',
      `${error.path ?? error.syscall}: expected it to be there, found nothing`,
      { cause: error },
    );
  if (isSystemError(error, 'EISDIR'))
    return new FerrymanError(
      'source.unreadable',
      `${error.path ?? error.syscall}: expected a file, found a folder`,
      { cause: error },
    );
  if (isSystemError(error, 'EEXIST'))
    return new FerrymanError('output.exists', error.message, { cause: error });
  if (error instanceof Error && 'syscall' in error)
    return new FerrymanError('system.failed', error.message, { cause: error });
  return new FerrymanError(
    'internal.bug',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
    { cause: error },
  );
}

function report(programName: string, error: FerrymanError, json: boolean, io: Io): number {
  const { code, message, hint, exit } = error;
  if (json) io.err(`${JSON.stringify({ schema: 'ferryman.error/1', code, message, hint, exit })}\n`);
  else io.err(`${programName}: ${message} [${code}]\n  hint: ${hint}\n`);
  return exit;
}
