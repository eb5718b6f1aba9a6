/** The page of one command. */
import {
  splitUsage,
  type CommandSpec,
  type OptionSpec,
  type ProgramSpec,
} from '../../src/command-line/command.ts';
import { surroundings } from './surroundings.ts';
import {
  bold,
  plain,
  references,
  section,
  sentence,
  synopsis,
  terms,
  title,
  typed,
  unbroken,
  verbatim,
} from './roff.ts';

export function commandPage(program: ProgramSpec, command: CommandSpec): string {
  const name = [program.name, ...splitUsage(command.usage).path].join('-');
  const { summary, details, options, examples, seeAlso = [] } = command;
  return [
    title(name, program),
    ...section('NAME', [`${typed(name)} \\- ${plain(summary)}`]),
    ...section('SYNOPSIS', synopsisLines(program.name, command)),
    ...section('DESCRIPTION', [
      plain(sentence(summary)),
      ...(details === undefined
        ? []
        : details.split('\n\n').flatMap((paragraph) => ['.PP', plain(paragraph)])),
      ...choicesLines(command),
    ]),
    ...section(
      'OPTIONS',
      terms([...options.map(optionTerm), [`${bold('-h')}, ${bold('--help')}`, 'Show help.']]),
    ),
    ...section('EXIT STATUS', exitLines(program, command)),
    ...surroundings(program),
    ...section('EXAMPLES', verbatim(examples.map((example) => `${program.name} ${example}`))),
    ...section('SEE ALSO', unbroken(references([`${program.name}(1)`, ...seeAlso]))),
    '',
  ].join('\n');
}

/** `[file]` may be left out, `<minisig...>` is one or more. */
function synopsisLines(program: string, { usage, options }: CommandSpec): string[] {
  const { path, args } = splitUsage(usage);
  const words = args.map((arg) => {
    const slanted = `\\fI${typed(arg.replaceAll(/[<>[\].]/g, ''))}\\fR${arg.includes('...') ? ' ...' : ''}`;
    return arg.startsWith('[') ? `[${slanted}]` : slanted;
  });
  const flags = options.map((option) => {
    const one = `${synopsis(longest(option.flags))}${option.repeatable ? ' ...' : ''}`;
    return option.required ? one : `[${one}]`;
  });
  return unbroken([bold([program, ...path].join(' ')), ...words, ...flags]);
}

/** Of `-o, --output <file>` the long form. */
function longest(flags: string): string {
  return flags.split(', ').at(-1) ?? flags;
}

function optionTerm({
  flags,
  about,
  required,
  repeatable,
  default: fallback,
  choices,
}: OptionSpec): [string, string] {
  const also = [
    ...(required ? ['Required.'] : []),
    ...(choices ? [`One of ${choices.join(', ')}.`] : []),
    ...(fallback === undefined ? [] : [`Default: ${fallback}.`]),
    ...(repeatable && !about.includes('repeat') ? ['May be repeated.'] : []),
  ];
  return [flags.split(', ').map(synopsis).join(', '), plain([sentence(about), ...also].join(' '))];
}

function choicesLines({ argumentChoices = {} }: CommandSpec): string[] {
  return Object.entries(argumentChoices).flatMap(([name, choices]) => [
    '.PP',
    plain(`The ${name} is one of ${choices.join(', ')}.`),
  ]);
}

function exitLines({ name }: ProgramSpec, { exits = {} }: CommandSpec): string[] {
  const own = Object.entries(exits).map(([status, meaning]): [string, string] => [
    status,
    plain(sentence(meaning)),
  ]);
  const done: [string, string][] = 0 in exits ? [] : [['0', 'Done.']];
  return [
    ...terms([...done, ...own]),
    '.PP',
    'Other statuses tell of errors, and are the same for all commands: see',
    ...references([`${name}(1)`]).map((line) => `${line}.`.replace(/\)\.$/, ').')),
  ];
}
