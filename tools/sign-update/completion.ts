import type { Input } from '../../src/command-line/command.ts';
import { completionScript } from '../../src/command-line/completion/script.ts';
import type { Shell } from '../../src/command-line/completion-command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { signUpdate } from './table.ts';

export function run(input: Input, io: Io): number {
  io.out(completionScript(signUpdate(''), input.args[0] as Shell));
  return 0;
}
