/**
 * The manual pages of both programs, made from the command tables and the error table. The build writes them to dist/man/.
 *
 * They carry no date: the same sources give the same bytes.
 */
import { ferryman } from '../../src/cli/table.ts';
import { splitUsage, type ProgramSpec } from '../../src/command-line/command.ts';
import { signUpdate } from '../sign-update/table.ts';
import { commandPage } from './command-page.ts';
import { programPage } from './program-page.ts';

export interface ManualPage {
  /** `ferryman-status.1` */
  readonly name: string;
  /** roff, with the macros of man(7). */
  readonly text: string;
}

export function manualPages(version: string): ManualPage[] {
  return [ferryman(version), signUpdate(version)].flatMap(pagesOf);
}

function pagesOf(program: ProgramSpec): ManualPage[] {
  return [
    { name: `${program.name}.1`, text: programPage(program) },
    ...Object.keys(program.groups ?? {}).map((group) => ({
      name: `${program.name}-${group}.1`,
      text: programPage(program, group),
    })),
    ...program.commands.map((command) => ({
      name: `${[program.name, ...splitUsage(command.usage).path].join('-')}.1`,
      text: commandPage(program, command),
    })),
  ];
}
