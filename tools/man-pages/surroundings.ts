/** What all pages of a program tell alike: the files and the environment. */
import type { ProgramSpec } from '../../src/command-line/command.ts';
import { bold, plain, section, sentence, terms, typed } from './roff.ts';

export function surroundings({ files, environment }: ProgramSpec): string[] {
  return [
    ...section(
      'FILES',
      terms(files.map(([path, about]) => [`\\fI${typed(path)}\\fR`, plain(sentence(about))])),
    ),
    ...section(
      'ENVIRONMENT',
      terms(environment.map(([name, about]) => [bold(name), plain(sentence(about))])),
    ),
  ];
}
