/** `ferryman`: the command line of a node. Builds the real world and runs the command that was typed. */
import { fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { directOutput } from '../command-line/direct-output.ts';
import type { Io } from '../command-line/io.ts';
import { runProgram } from '../command-line/run-program.ts';
import { start as program } from './start.ts';

function keepMemorySmall(): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  // New objects get little room, so garbage is found sooner: 30 MB less for an update of many files, and no slower.
  setFlagsFromString('--semi-space-growth-factor=1');
  // And old ones grow by a third before they are looked through, not to the double: as much again for applying many files.
  setFlagsFromString('--heap-growing-percent=30');
}

const stop = new AbortController();
// For good, not once: execa ends a process that nobody else listens for, while a child of it is at work.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
// process.stdout and process.stderr are made when they are first named, which takes a tenth of a short command's time.
function openStdout(): Writable {
  // A reader that has gone (`ferryman history | head`) is no error.
  return process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? 0 : 74),
  );
}

let stderr: Writable | undefined;
function openStderr(): Writable {
  // Nobody listening to what a daemon says must not end it.
  stderr ??= process.stderr.on('error', () => undefined);
  return stderr;
}

/** Number of /dev/null. Spec: Linux, Documentation/admin-guide/devices.txt, character device 1:3. */
const nullDevice = 0x103;

/** False for what cannot be one: process.stdout need not be made to know it. */
function maybeTerminal(fd: number): boolean {
  const file = fstatSync(fd);
  return file.isCharacterDevice() && file.rdev !== nullDevice;
}

/** Spec: systemd.exec(5), JOURNAL_STREAM: device and inode, since standard error may have been turned elsewhere. */
function isJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(2);
  return stream === `${dev}:${ino}`;
}

const io: Io = {
  out: directOutput(1, openStdout),
  // A stream: a daemon must not stand still because nobody reads what it says.
  err: (text) => void openStderr().write(text),
  // Opened when it is asked for: most commands read nothing, and it takes a tenth of their time.
  get stdin() {
    return process.stdin;
  },
  get stdoutIsTerminal() {
    return maybeTerminal(1) && process.stdout.isTTY;
  },
  get stderrIsTerminal() {
    return maybeTerminal(2) && process.stderr.isTTY;
  },
  stderrIsJournal: isJournal(process.env['JOURNAL_STREAM']),
  get stdoutColumns() {
    return maybeTerminal(1) ? process.stdout.columns : undefined;
  },
  get stderrColumns() {
    return maybeTerminal(2) ? process.stderr.columns : undefined;
  },
  program: { interpreter: process.execPath, folder: import.meta.dirname, pid: process.pid },
  env: process.env,
  stop: stop.signal,
  keepMemorySmall,
};

/** For what was said last to be heard, and for child processes to be waited for. */
const leavingMs = 2000;

// No await at the top level: this file is also part of the single executable, which is a CommonJS program.
async function start(): Promise<void> {
  process.exitCode = await runProgram(program, process.argv.slice(2), io);
  // Who was told to stop, and has, is not kept by a socket or a timer that somebody forgot.
  if (stop.signal.aborted) setTimeout(() => process.exit(), leavingMs).unref();
}

void start();
