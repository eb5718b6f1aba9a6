/**
 * Two ways to find lines in a block. A text is looked for here. A pattern is given to GNU grep, in a process of its own with a deadline and a
 * limit of memory: what a person types may make any matcher run for ever (docs/decisions/log-search.md), and this process has a page to serve.
 */
import { execa } from 'execa';
import { FerrymanError } from '../../errors.ts';
import { systemPath } from '../../host/system-path.ts';
import { printable } from '../../parcel/printable.ts';

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
    const { exitCode, stdout, stderr, timedOut, code } = await execa('prlimit', command, {
      input: block,
      encoding: 'buffer',
      env: { PATH: systemPath, LC_ALL: 'C.UTF-8' },
      extendEnv: false,
      cwd: '/',
      reject: false,
      stripFinalNewline: false,
      maxBuffer: 64 * 1024 * 1024,
      timeout: blockSeconds * 1000,
      killSignal: 'SIGKILL',
      cancelSignal: signal,
    });
    if (exitCode === 0) return offsets(Buffer.from(stdout)).slice(-limit);
    if (exitCode === 1 || signal.aborted) return [];
    throw whyNot({ text, said: Buffer.from(stderr).toString(), timedOut, code });
  };
}

/** Lines like `1234:what it says`. */
function offsets(output: Buffer): LineRange[] {
  const found: LineRange[] = [];
  for (let at = 0; at < output.length;) {
    const colon = output.indexOf(':', at);
    const end = endOfLine(output, at);
    if (colon === -1 || colon > end) break; // cannot be: grep writes an offset before every line
    const start = Number(output.toString('latin1', at, colon));
    found.push({ start, end: start + (end - colon - 1) });
    at = end + 1;
  }
  return found;
}

interface Ended {
  readonly text: string;
  readonly said: string;
  readonly timedOut: boolean;
  readonly code: string | undefined;
}

function whyNot({ text, said, timedOut, code }: Ended): FerrymanError {
  if (code === 'ENOENT')
    return new FerrymanError('fleet.no-grep', 'expected the programs prlimit and grep, found one missing');
  const line = printable(said.trim().split('\n')[0] ?? '');
  const why =
    timedOut || line === '' ? `one that takes more than ${blockSeconds} s or too much memory` : line;
  return new FerrymanError(
    'fleet.pattern',
    `"${printable(text.slice(0, 80))}": expected a pattern that grep -E gets through, found ${why}`,
  );
}
