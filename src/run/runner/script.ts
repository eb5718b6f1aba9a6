/** Runs the script in a forked shell: its session, its deadline, its output. */
import { spawn, type ChildProcess } from 'node:child_process';
import { OutputWriter } from '../capture.ts';
import type { ScriptEnd } from '../status-file.ts';
import type { RunnerOrder } from './order.ts';

/** How long output that is still in the pipe is waited for, when a daemon of the script keeps the pipe open. */
const drainMs = 300;

/** Runs to the end, whatever the end is; never throws. */
export async function runScript(order: RunnerOrder): Promise<Omit<ScriptEnd, 'shutdown'>> {
  const begin = process.hrtime.bigint();
  const output = new OutputWriter(order.output);
  // The shell replaces itself by the script, and gives the standard 126 and 127 when it cannot. It would add its PWD to
  // the environment, which is to be exactly the order's.
  const shell = spawn('/bin/sh', ['-c', 'unset PWD; exec "./$1"', 'sh', order.script], {
    cwd: order.workingDirectory,
    env: order.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  shell.stdout.on('data', (chunk: Buffer) => output.write(chunk));
  shell.stderr.on('data', (chunk: Buffer) => output.write(chunk));
  const deadline = startDeadline(shell, order);
  const { exitStatus, signal } = await ended(shell, output);
  deadline.clear();
  await drained(shell);
  output.close();
  const durationMs = Number((process.hrtime.bigint() - begin) / 1_000_000n);
  return { exitStatus, signal, timedOut: deadline.passed(), durationMs, timeoutMs: order.timeoutMs };
}

function ended(
  shell: ChildProcess,
  output: OutputWriter,
): Promise<{ exitStatus: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    shell.once('exit', (exitStatus, signal) => resolve({ exitStatus, signal }));
    shell.once('error', (error) => {
      output.write(Buffer.from(`ferryman: /bin/sh: ${error.message}\n`));
      resolve({ exitStatus: 127, signal: null });
    });
  });
}

/** At the deadline the script's process group is asked to stop, then killed. Timers run on the monotonic clock. */
function startDeadline(
  shell: ChildProcess,
  { timeoutMs, stopMs }: RunnerOrder,
): { clear(): void; passed(): boolean } {
  let passed = false;
  let killTimer: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    passed = true;
    signalGroup(shell, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(shell, 'SIGKILL'), stopMs);
  }, timeoutMs);
  return {
    clear: () => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      if (passed) signalGroup(shell, 'SIGKILL');
    },
    passed: () => passed,
  };
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
