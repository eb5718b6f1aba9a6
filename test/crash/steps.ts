/**
 * Stops a program before any one of its system calls, by strace: the product needs no hook for it. Only the program's main
 * thread is watched, where all durable work is done (a test makes sure of that).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** Calls that change what is on the disk, or make it last. */
export const diskCalls = [
  'fsync',
  'fdatasync',
  'rename',
  'renameat',
  'renameat2',
  'link',
  'linkat',
  'unlink',
  'unlinkat',
  'mkdir',
  'mkdirat',
  'rmdir',
  'symlink',
  'ftruncate',
  'fallocate',
  'chmod',
  'fchmod',
  'write',
  'writev',
  'pwrite64',
  'pwritev',
] as const;

/** Whether this machine lets a program be traced. */
export const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

/** A program to run: Node and its arguments. */
export interface Command {
  readonly args: readonly string[];
  readonly input?: Buffer;
  /** A program that becomes strace, with its arguments: where it is to run. */
  readonly before?: readonly string[];
}

/** One system call of a program. Calls are counted by name. */
export interface Step {
  readonly call: string;
  /** From 1. */
  readonly nth: number;
  /** As strace prints it. */
  readonly text: string;
}

export interface Stopped {
  /** The program was killed before the step; false when it came to its end first. */
  readonly killed: boolean;
  readonly exitCode: number | undefined;
  /** The call that it did not make any more. */
  readonly text: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** The steps of a whole run, in their order. @throws Error when the program fails */
export async function recordSteps(command: Command, calls: readonly string[]): Promise<Step[]> {
  const { exitCode, stderr, trace } = await traced(command, ['-e', `trace=${calls.join(',')}`]);
  if (exitCode !== 0)
    throw new Error(`expected the program to succeed, it ended with ${exitCode}: ${stderr}`);
  return parseSteps(trace);
}

/** The steps in the lines of a trace, counted by call. */
export function parseSteps(trace: readonly string[]): Step[] {
  const counts = new Map<string, number>();
  return trace.flatMap((text) => {
    const call = /^(\w+)\(/.exec(text)?.[1];
    if (call === undefined) return [];
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    return [{ call, nth, text }];
  });
}

/** Runs a program and kills it (SIGKILL) before it makes a call for the nth time. */
export async function killBefore(
  command: Command,
  { call, nth }: Pick<Step, 'call' | 'nth'>,
): Promise<Stopped> {
  const { exitCode, signal, stdout, stderr, trace } = await traced(command, [
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:signal=KILL:when=${nth}`,
  ]);
  const text = trace.findLast((line) => line.startsWith(call)) ?? '';
  return { killed: signal === 'SIGKILL', exitCode, text, stdout, stderr };
}

/**
 * Has a call refused from the nth time on. Only once for `write`, by which Node also wakes its own threads.
 *
 * @param error like `ENOSPC`
 */
export async function refuseFrom(
  command: Command,
  { call, nth }: Pick<Step, 'call' | 'nth'>,
  error: string,
): Promise<Stopped> {
  const when = call === 'write' ? String(nth) : `${nth}+`;
  const { exitCode, signal, stdout, stderr, trace } = await traced(command, [
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:error=${error}:when=${when}`,
  ]);
  const text = trace.find((line) => line.includes('(INJECTED)')) ?? '';
  return { killed: signal === 'SIGKILL', exitCode, text, stdout, stderr };
}

interface Traced {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly trace: readonly string[];
}

/** Runs a program under strace. @param options of strace: what to trace, what to inject */
export async function traced(
  { args, input, before = [] }: Command,
  options: readonly string[],
): Promise<Traced> {
  const folder = mkdtempSync(join(tmpdir(), 'ferryman-trace-'));
  const file = join(folder, 'trace');
  try {
    const [program, ...rest] = [...before, 'strace'];
    const { exitCode, signal, stdout, stderr } = await execa(
      program,
      [...rest, '-o', file, '-y', '-s', '16', ...options, process.execPath, ...args],
      {
        reject: false,
        ...(input === undefined ? { stdin: 'ignore' } : { input }),
        env: { PATH: process.env['PATH'] ?? '' },
        extendEnv: false,
        timeout: 60_000,
        killSignal: 'SIGKILL',
      },
    );
    return {
      exitCode,
      signal,
      stdout,
      stderr,
      trace: readFileSync(file, 'latin1').split('\n'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Tries every step, two at a time or in so many lanes.
 *
 * @param attempt kills before the step, starts again, and says what is wrong then
 * @returns all that is wrong, each with its step
 */
export async function walk(
  steps: readonly Step[],
  attempt: (step: Step) => Promise<readonly string[]>,
  lanes = 2,
): Promise<string[]> {
  const failures: string[] = [];
  const left = steps.values();
  const lane = async (): Promise<void> => {
    for (const step of left) {
      for (const violation of await attempt(step))
        failures.push(`${step.call} ${step.nth}, ${step.text}: ${violation}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return failures;
}

/** Without wake-ups between threads; of the pages that the ledger writes between two syncs the last, which makes them count. */
export function thinned(steps: readonly Step[]): Step[] {
  return steps
    .filter(({ text }) => !/<pipe:|eventfd/.test(text))
    .filter(({ call }, index, all) => call !== 'pwrite64' || all[index + 1]?.call !== 'pwrite64');
}
