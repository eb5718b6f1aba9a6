/**
 * Runs a short program for what it prints, with an upper limit to everything.
 *
 * A program that hangs in the kernel on a dying device cannot be killed. It is given up then: nobody waits for it, and it is
 * said when it has ended after all, so that a caller does not start one more each time.
 */
import type { ChildProcess } from 'node:child_process';
import { startProgram } from './start-program.ts';

export interface AskLimits {
  /** The program's whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Of standard output; a program that prints more is killed. */
  readonly maxBytes: number;
}

export interface Answer {
  /** What it printed when it ended well; an error in words otherwise. Settles within the time limit, never rejects. */
  readonly said: Promise<string | Error>;
  /** Settles when the process is gone, which may be never. */
  readonly gone: Promise<void>;
  /** Kills it; `said` settles at once. */
  stop(): void;
}

export function askProgram(command: readonly string[], limits: AskLimits): Answer {
  const child = startProgram(command, limits.environment, 'ignore');
  if (child instanceof Error)
    return { said: Promise.resolve(child), gone: Promise.resolve(), stop: () => undefined };
  const [program = ''] = command;
  const { promise: said, resolve } = promised<string | Error>();
  const giveUp = (why: string) => {
    resolve(new Error(`${program} ${why}`));
    child.kill('SIGKILL');
    child.stdout?.destroy();
    child.unref();
  };
  const timer = setTimeout(() => giveUp(`did not end within ${limits.timeoutMs / 1000} s`), limits.timeoutMs);
  void said.then(() => clearTimeout(timer));
  const heard = keepOutput(child, limits.maxBytes, giveUp);
  child.once('close', (status, signal) => {
    if (status === 0) resolve(Buffer.concat(heard).toString());
    else resolve(new Error(`${program} ended with ${signal ?? `exit status ${status}`}`));
  });
  const { promise: gone, resolve: isGone } = promised<undefined>();
  child.once('exit', () => isGone(undefined));
  child.once('error', (error) => {
    resolve(error);
    if (child.pid === undefined) isGone(undefined);
  });
  return { said, gone: gone.then(() => undefined), stop: () => giveUp('was stopped') };
}

function keepOutput(child: ChildProcess, maxBytes: number, giveUp: (why: string) => void): Buffer[] {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Without free descriptors there is no pipe either; the error event follows.
  child.stdout?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) giveUp(`printed more than ${maxBytes} bytes`);
  });
  return chunks;
}

/** Node 20 has no Promise.withResolvers. */
function promised<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  const settle: { with?: (value: T) => void } = {};
  const promise = new Promise<T>((resolve) => {
    settle.with = resolve;
  });
  return { promise, resolve: (value) => settle.with?.(value) };
}
