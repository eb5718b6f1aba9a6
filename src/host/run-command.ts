/**
 * Runs a program that the operator has configured: by its arguments and never a shell, with an environment built from nothing, in a
 * process group of its own that ends with it when it fails or takes too long.
 */
import { execa } from 'execa';
import { isSystemError } from '../errors.ts';
import { systemPath } from './system-path.ts';

/** What every such program finds; what it is told comes on top. */
const baseEnvironment: Readonly<Record<string, string>> = {
  PATH: systemPath,
  HOME: '/root',
  LANG: 'C.UTF-8',
};

/** Characters: of what the program says, the end tells why it failed. */
const maxSaid = 4096;
/** For what is still in the pipe when the program has ended. */
const drainMs = 300;

export interface CommandCall {
  /** Given on standard input, as it is. */
  readonly input: string;
  /** On top of `PATH`, `HOME` and `LANG`. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** Aborted: the program is ended at once. */
  readonly signal: AbortSignal;
}

/**
 * @param command the program and its arguments
 * @returns `undefined` when it ended with exit status 0, else why not, with the last line that it said; without the arguments, which
 *   may hold secrets. What it says may be anything.
 */
export async function runCommand(
  command: readonly string[],
  { input, env, timeoutSeconds, signal }: CommandCall,
): Promise<string | undefined> {
  const [program = '', ...args] = command;
  const running = execa(program, args, {
    input,
    env: { ...baseEnvironment, ...env },
    extendEnv: false,
    cwd: '/',
    all: true,
    buffer: false,
    reject: false,
    timeout: timeoutSeconds * 1000,
    forceKillAfterDelay: 2000,
    detached: true, // a process group of its own, to be ended with all that it has started
    cancelSignal: signal,
  });
  let said = '';
  running.all.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-maxSaid);
  });
  // What the program left in the background may hold its output open for ever: its exit status counts.
  running.once('exit', () => void setTimeout(() => running.all.destroy(), drainMs));
  const result = await running;
  if (result.exitCode === 0) return undefined;
  endGroup(running.pid);
  const why = result.timedOut ? `no end within ${timeoutSeconds} s` : whyEnded(result);
  return [why, lastLine(said)].filter(Boolean).join(': ');
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error; // nobody is left
  }
}

interface Ended {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly originalMessage?: string | undefined;
}

function whyEnded({ exitCode, signal, originalMessage = '' }: Ended): string {
  if (exitCode !== undefined) return `exit status ${exitCode}`;
  return signal === undefined ? originalMessage : `ended by ${signal}`;
}

function lastLine(said: string): string {
  return said.trim().split('\n').at(-1) ?? '';
}
