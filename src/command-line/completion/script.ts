/** The completion script of a program for a shell. */
import type { ProgramSpec } from '../command.ts';
import type { Shell } from '../completion-command.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { completedCommands, type CompletedCommand } from './values.ts';
import { zshScript } from './zsh.ts';

const scripts: Readonly<Record<Shell, (name: string, commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export function completionScript(program: ProgramSpec, shell: Shell): string {
  return scripts[shell](program.name, completedCommands(program));
}
