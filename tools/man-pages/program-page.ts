/** The page of a program: what it is for, and its commands. */
import { splitUsage, type ProgramSpec } from '../../src/command-line/command.ts';
import { exitMeanings } from '../../src/errors.ts';
import { surroundings } from './surroundings.ts';
import {
  bold,
  plain,
  references,
  section,
  sentence,
  terms,
  title,
  typed,
  unbroken,
  verbatim,
} from './roff.ts';

export function programPage(program: ProgramSpec): string {
  const { name, summary, description, commands, seeAlso } = program;
  const pages = commands.map(({ usage }) => `${[name, ...splitUsage(usage).path].join('-')}(1)`);
  return [
    title(name, program),
    ...section('NAME', [`${typed(name)} \\- ${plain(summary)}`]),
    ...section('SYNOPSIS', [`${bold(name)} \\fIcommand\\fR [\\fIoption\\fR ...] [\\fIargument\\fR ...]`]),
    ...section('DESCRIPTION', [plain(description)]),
    ...section('COMMANDS', [
      'Each has a page of its own.',
      ...terms(
        commands.map((command, index) => [
          references([pages[index] ?? ''])[0] ?? '',
          plain(sentence(command.summary)),
        ]),
      ),
    ]),
    ...section('OPTIONS', [
      'Every command has these:',
      ...terms([
        [`${bold('-h')}, ${bold('--help')}`, 'Show what the command does, with examples.'],
        [`${bold('-V')}, ${bold('--version')}`, `Show the version; without a command.`],
      ]),
    ]),
    ...section('EXIT STATUS', [
      'Some commands answer by further statuses: see their pages.',
      ...terms([
        ['0', 'Done.'],
        ...Object.entries(exitMeanings).map(([status, meaning]): [string, string] => [
          status,
          plain(sentence(meaning)),
        ]),
      ]),
    ]),
    ...surroundings(program),
    ...section(
      'EXAMPLES',
      verbatim(commands.flatMap(({ examples }) => examples.slice(0, 1).map((each) => `${name} ${each}`))),
    ),
    ...section('SEE ALSO', unbroken(references([...pages, ...seeAlso]))),
    '',
  ].join('\n');
}
