import type { Input } from '../command-line/command.ts';
import { completionScript } from '../command-line/completion/script.ts';
import type { Shell } from '../command-line/completion-command.ts';
import type { Io } from '../command-line/io.ts';
import { ferryman } from './table.ts';

export function run(input: Input, io: Io): number {
  io.out(completionScript(ferryman(''), input.args[0] as Shell));
  return 0;
}
