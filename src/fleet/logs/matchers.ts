/**
 * Two ways to find lines in a block. A text is looked for here. A pattern is given to GNU grep, in a process of its own with a deadline and a
 * limit of memory: what a person types may make any matcher run for ever (docs/decisions/log-search.md), and this process has a page to serve.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FerrymanError, isSystemError } from '../../errors.ts';
import { systemPath } from '../../host/system-path.ts';
import { printable } from '../../parcel/printable.ts';
import { LastLines } from './last-lines.ts';

/** A line: from its first byte to the one behind its last, without the newline. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** The last `limit` lines of a block that match, in the order of the block. */
export type Matcher = (block: Buffer, limit: number, signal: AbortSignal) => Promise<readonly LineRange[]>;

export interface Wanted {
  readonly text: string;
  /** POSIX extended, as of `grep -E`; else the text as it stands. */
  readonly isPattern: boolean;
  readonly ignoreCase: boolean;
}

const maxLength = 500;
/** For one block of 8 MiB, which takes grep a hundredth of that. */
const blockSeconds = 5;
/** `(a{255}){255}` takes gigabytes to begin. */
const maxMemoryBytes = 512 * 1024 * 1024;

const newline = 10;

/** @throws FerrymanError `fleet.pattern`: empty, too long, with a line break, or not understood by grep; `fleet.no-grep` */
export async function matcherFor(wanted: Wanted): Promise<Matcher> {
  const { text, isPattern, ignoreCase } = wanted;
  if (text === '' || text.length > maxLength || /[\n\r\0]/.test(text))
    throw new FerrymanError(
      'fleet.pattern',
      `expected 1 to ${maxLength} characters without a line break, found "${printable(text.slice(0, 80))}"`,
    );
  if (!isPattern && !ignoreCase) return textMatcher(Buffer.from(text));
  const matcher = grepMatcher(wanted);
  await matcher(Buffer.from('\n'), 1, new AbortController().signal); // what grep does not understand is told before anything is read
  return matcher;
}

function textMatcher(text: Buffer): Matcher {
  return async (block, limit) => {
    let found: LineRange[] = [];
    for (let from = block.indexOf(text); from !== -1;) {
      const start = from === 0 ? 0 : block.lastIndexOf(newline, from - 1) + 1;
      const end = endOfLine(block, from + text.length);
      found.push({ start, end });
      if (found.length >= 2 * limit) found = found.slice(-limit);
      from = end >= block.length ? -1 : block.indexOf(text, end + 1);
    }
    return found.slice(-limit);
  };
}

function endOfLine(block: Buffer, from: number): number {
  const end = block.indexOf(newline, from);
  return end === -1 ? block.length : end;
}

function grepMatcher({ text, isPattern, ignoreCase }: Wanted): Matcher {
  const command = [
    `--as=${maxMemoryBytes}`,
    `--cpu=${blockSeconds}`,
    'grep',
    '--text', // a byte that is no character does not end the search
    '--byte-offset',
    isPattern ? '--extended-regexp' : '--fixed-strings',
    ...(ignoreCase ? ['--ignore-case'] : []),
    `--regexp=${text}`,
  ];
  return async (block, limit, signal) => {
    const { exitCode, output, said, isMissing } = await runOn(block, { command, limit, signal });
    if (exitCode === 0) return lastOffsets(output, limit);
    if (exitCode === 1 || signal.aborted) return [];
    if (isMissing)
      throw new FerrymanError('fleet.no-grep', 'expected the programs prlimit and grep, found one missing');
    throw whyNot(text, said);
  };
}

interface Ran {
  /** `null`: ended by a signal, or never started. */
  readonly exitCode: number | null;
  readonly output: Buffer;
  readonly said: string;
  readonly isMissing: boolean;
}

interface Running {
  readonly command: readonly string[];
  /** Lines of output that are wanted, the last ones. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

function runOn(block: Buffer, { command, limit, signal }: Running): Promise<Ran> {
  const given = asFile(block);
  return new Promise((resolve) => {
    const child = spawn('prlimit', command, {
      stdio: [given, 'pipe', 'pipe'],
      env: { PATH: systemPath, LC_ALL: 'C.UTF-8' },
      cwd: '/',
      timeout: blockSeconds * 1000,
      killSignal: 'SIGKILL',
      signal,
    });
    closeSync(given); // grep has its own
    const output = new LastLines(limit);
    const said: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.add(chunk));
    child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.subarray(0, 1000)));
    let isMissing = false;
    child.on('error', (error) => {
      isMissing = isSystemError(error, 'ENOENT'); // what was aborted ends here too
    });
    child.on('close', (exitCode) => {
      const words = Buffer.concat(said.slice(0, 4)).toString();
      resolve({
        exitCode,
        output: output.bytes(),
        said: words,
        isMissing: isMissing || exitCode === 127,
      });
    });
  });
}

/** In memory and without a name: through a pipe a block would take two processes many turns. @returns a file descriptor at its beginning */
function asFile(block: Buffer): number {
  const path = join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `ferryman-search-${randomUUID()}`);
  const fd = openSync(
    path,
    constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    rmSync(path);
    for (let done = 0; done < block.length;) done += writeSync(fd, block, done);
    return openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY); // another place in the same file
  } finally {
    closeSync(fd);
  }
}

/** The last `limit` of lines like `1234:what it says`, in their order: read from the end, since there may be as many as the block has bytes. */
function lastOffsets(output: Buffer, limit: number): LineRange[] {
  const found: LineRange[] = [];
  for (let end = output.length - 1; end > 0 && found.length < limit;) {
    const at = output.lastIndexOf(newline, end - 1) + 1;
    const colon = output.indexOf(':', at);
    if (colon === -1 || colon > end) break; // cannot be: grep writes an offset before every line
    const start = Number(output.toString('latin1', at, colon));
    found.push({ start, end: start + (end - colon - 1) });
    end = at - 1;
  }
  return found.toReversed();
}

function whyNot(text: string, said: string): FerrymanError {
  const line = printable(said.trim().split('\n')[0] ?? '');
  const why = line === '' ? `one that takes more than ${blockSeconds} s or too much memory` : line;
  return new FerrymanError(
    'fleet.pattern',
    `"${printable(text.slice(0, 80))}": expected a pattern that grep -E gets through, found ${why}`,
  );
}
