/** `ferryman` as it starts. */
import type { ProgramStart } from '../command-line/command.ts';
import { version } from '../command-line/version.ts';
import { questions } from './table/questions.ts';

export const start: ProgramStart = {
  name: 'ferryman',
  questions,
  load: async () => {
    const { ferryman } = await import('./table.ts');
    return ferryman(version);
  },
};
