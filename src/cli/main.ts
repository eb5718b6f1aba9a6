/** `ferryman`: the command line of a node. Builds the real world and runs the command that was typed. */
import { fstatSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Io } from '../command-line/io.ts';
import { runProgram } from '../command-line/run-program.ts';
import { ferryman } from './table.ts';
import { version } from '../command-line/version.ts';

// New objects get little room, so garbage is found sooner: 30 MB less for an update of many files, and no slower.
setFlagsFromString('--semi-space-growth-factor=1');
// And old ones grow by a third before they are looked through, not to the double: as much again for applying many files.
setFlagsFromString('--heap-growing-percent=30');

const stop = new AbortController();
// For good, not once: execa ends a process that nobody else listens for, while a child of it is at work.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
// A reader that has gone (`ferryman history | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 74));
// And nobody listening to what a daemon says must not end it.
process.stderr.on('error', () => undefined);

/** Spec: systemd.exec(5), JOURNAL_STREAM: device and inode, since standard error may have been turned elsewhere. */
function isJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(2);
  return stream === `${dev}:${ino}`;
}

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  // Opened when it is asked for: most commands read nothing, and it takes a tenth of their time.
  get stdin() {
    return process.stdin;
  },
  stdoutIsTerminal: process.stdout.isTTY,
  stderrIsTerminal: process.stderr.isTTY,
  stderrIsJournal: isJournal(process.env['JOURNAL_STREAM']),
  stdoutColumns: process.stdout.columns,
  stderrColumns: process.stderr.columns,
  program: { interpreter: process.execPath, folder: import.meta.dirname, pid: process.pid },
  env: process.env,
  stop: stop.signal,
};

/** For what was said last to be heard, and for child processes to be waited for. */
const leavingMs = 2000;

// No await at the top level: this file is also part of the single executable, which is a CommonJS program.
async function start(): Promise<void> {
  process.exitCode = await runProgram(ferryman(version), process.argv.slice(2), io);
  // Who was told to stop, and has, is not kept by a socket or a timer that somebody forgot.
  if (stop.signal.aborted) setTimeout(() => process.exit(), leavingMs).unref();
}

void start();
