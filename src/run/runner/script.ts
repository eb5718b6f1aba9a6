/** Runs the script in a forked shell: its session, its deadline, its output. */
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutputWriter } from '../capture.ts';
import type { ScriptEnd } from '../status-file.ts';
import type { RunnerOrder } from './order.ts';

/** How long output that is still in the pipe is waited for, when a daemon of the script keeps the pipe open. */
const drainMs = 300;
const pollMs = 50;

/**
 * Runs to the end, whatever the end is; never throws.
 *
 * @returns an error when the system could not start the shell (no process, no memory, no descriptor): nothing has run
 */
export async function runScript(order: RunnerOrder): Promise<Omit<ScriptEnd, 'shutdown'> | Error> {
  const begin = process.hrtime.bigint();
  const output = new OutputWriter(order.output);
  const shell = startShell(order);
  if (shell instanceof Error) return shell;
  shell.stdout?.on('data', (chunk: Buffer) => output.write(chunk));
  shell.stderr?.on('data', (chunk: Buffer) => output.write(chunk));
  const deadline = startDeadline(shell, order);
  const end = await ended(shell);
  await deadline.settle();
  if (end instanceof Error) return end;
  await drained(shell);
  output.close();
  const durationMs = Number((process.hrtime.bigint() - begin) / 1_000_000n);
  return { ...end, timedOut: deadline.passed(), durationMs, timeoutMs: order.timeoutMs };
}

/** Node tells of some failures to start at once, of others by an event. */
function startShell(order: RunnerOrder): ChildProcess | Error {
  // The shell replaces itself by the script, and gives the standard 126 and 127 when it cannot. It would add its PWD to
  // the environment, which is to be exactly the order's.
  try {
    return spawn('/bin/sh', ['-c', 'unset PWD; exec "./$1"', 'sh', order.script], {
      cwd: order.workingDirectory,
      env: order.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function ended(
  shell: ChildProcess,
): Promise<{ readonly exitStatus: number | null; readonly signal: string | null } | Error> {
  return new Promise((resolve) => {
    shell.once('exit', (exitStatus, signal) => resolve({ exitStatus, signal }));
    shell.once('error', resolve);
  });
}

/**
 * At the deadline the script's process group is asked to stop, and killed when the grace is over: all of it, also when the
 * script itself has gone at once. Timers run on the monotonic clock.
 */
function startDeadline(shell: ChildProcess, { timeoutMs, stopMs }: RunnerOrder): Deadline {
  let passed = false;
  let killTimer: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    passed = true;
    signalGroup(shell, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(shell, 'SIGKILL'), stopMs);
  }, timeoutMs);
  return {
    settle: async () => {
      clearTimeout(timer);
      if (passed) await groupGone(shell, stopMs);
      clearTimeout(killTimer);
    },
    passed: () => passed,
  };
}

interface Deadline {
  /** The script has ended: nothing is to be stopped any more, but for what is left of a group that was told to. */
  settle(): Promise<void>;
  passed(): boolean;
}

/** Waits for the group to go, at most until it has been killed. */
async function groupGone(shell: ChildProcess, stopMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs <= stopMs + pollMs && isGroupAlive(shell); waitedMs += pollMs) {
    await sleep(pollMs);
  }
}

function isGroupAlive({ pid }: ChildProcess): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false; // ESRCH: nobody is left
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the whole group is gone already.
  }
}

function drained({ stdout, stderr }: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, drainMs);
    let open = 0;
    for (const stream of [stdout, stderr]) {
      if (!stream || stream.closed) continue;
      open += 1;
      stream.once('close', () => {
        open -= 1;
        if (open > 0) return;
        clearTimeout(timer);
        resolve();
      });
    }
    if (open === 0) {
      clearTimeout(timer);
      resolve();
    }
  });
}
