/** `ferryman` as typed, in the test's own process: the same table and commands as the built program, without starting Node. */
import { Readable } from 'node:stream';
import { join } from 'node:path';
import { ferryman } from '../../src/cli/table.ts';
import { questions } from '../../src/cli/table/questions.ts';
import type { Io } from '../../src/command-line/io.ts';
import { runProgram } from '../../src/command-line/run-program.ts';
import { programs, type Ran } from '../kit/kiosk.ts';

export interface Surroundings {
  readonly stdin?: Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  readonly columns?: number;
}

const program = {
  name: 'ferryman',
  questions,
  load: () => Promise.resolve(ferryman('1.2.3')),
};

/** @param argv what is typed after `ferryman` */
export async function typed(
  argv: readonly string[],
  { stdin = Buffer.alloc(0), env = {}, terminal = false, columns = 80 }: Surroundings = {},
): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const io: Io = {
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    stdin: Readable.from([stdin]),
    stdoutIsTerminal: terminal,
    stderrIsTerminal: terminal,
    stderrIsJournal: false,
    stdoutColumns: columns,
    stderrColumns: columns,
    program: { interpreter: process.execPath, folder: join(programs, '..'), pid: process.pid },
    env,
    stop: new AbortController().signal,
    keepMemorySmall: () => undefined,
  };
  const exitCode = await runProgram(program, argv, io);
  return { exitCode, stdout, stderr };
}
