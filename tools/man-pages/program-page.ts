/** The page of a program, or of a group of its commands: what it is for, and its commands. */
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

/** @param group the first word of its commands; left out: the page of the whole program */
export function programPage(program: ProgramSpec, group?: string): string {
  const { name } = program;
  const { page, words, summary, description, commands, seeAlso } = partOf(program, group);
  const pages = commands.map(({ usage }) => `${[name, ...splitUsage(usage).path].join('-')}(1)`);
  return [
    title(page, program),
    ...section('NAME', [`${typed(page)} \\- ${plain(summary)}`]),
    ...section('SYNOPSIS', [`${bold(words)} \\fIcommand\\fR [\\fIoption\\fR ...] [\\fIargument\\fR ...]`]),
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
        ...(group === undefined
          ? [
              [`${bold('-V')}, ${bold('--version')}`, `Show the version; without a command.`] as [
                string,
                string,
              ],
            ]
          : []),
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

interface Part extends Pick<ProgramSpec, 'summary' | 'description' | 'commands' | 'seeAlso'> {
  /** `ferryman-usb` */
  readonly page: string;
  /** `ferryman usb` */
  readonly words: string;
}

function partOf(program: ProgramSpec, group: string | undefined): Part {
  const { name, groups = {}, commands } = program;
  if (group === undefined) return { ...program, page: name, words: name };
  const about = groups[group] ?? '';
  return {
    page: `${name}-${group}`,
    words: `${name} ${group}`,
    summary: about,
    description: sentence(about),
    commands: commands.filter(({ usage }) => splitUsage(usage).path[0] === group),
    seeAlso: [`${name}(1)`],
  };
}
