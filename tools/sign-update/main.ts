/** `sign-update`: the office's tool. Makes keys, packs and signs updates, checks and converts parcels. */
import type { Io } from '../../src/command-line/io.ts';
import { runProgram } from '../../src/command-line/run-program.ts';
import { version } from '../../src/command-line/version.ts';
import { signUpdate } from './table.ts';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    stop.abort();
    process.exit(130);
  });
}

// A reader that has gone (`sign-update inspect F | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 74));

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: process.stdin,
  stdoutIsTerminal: process.stdout.isTTY,
  stderrIsTerminal: process.stderr.isTTY,
  stderrIsJournal: false,
  stdoutColumns: process.stdout.columns,
  stderrColumns: process.stderr.columns,
  program: { interpreter: process.execPath, folder: import.meta.dirname, pid: process.pid },
  env: process.env,
  stop: stop.signal,
  keepMemorySmall: () => undefined,
};

const program = {
  name: 'sign-update',
  questions: [],
  load: () => Promise.resolve(signUpdate(version)),
};

// No await at the top level: this file is also part of the single executable, which is a CommonJS program.
async function start(): Promise<void> {
  process.exitCode = await runProgram(program, process.argv.slice(2), io);
}

void start();
