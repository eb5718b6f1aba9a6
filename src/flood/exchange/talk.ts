/**
 * Runs ssh and rsync: as an unprivileged user, with an environment built from nothing, in process groups of their own that end with
 * the contact, their output bounded.
 */
import { execa } from 'execa';
import { isSystemError } from '../../errors.ts';
import { systemPath } from '../../host/system-path.ts';
import type { Unprivileged } from './unprivileged.ts';

/** Characters of what a program complains of that are kept … */
const maxSaid = 8192;
/** … and bytes of it, much of which the neighbour may have said: with more the program is ended. */
const maxSaidBytes = 256 * 1024;

export interface Talk {
  readonly user: Unprivileged;
  readonly folder: string;
  /** Aborted: the program is ended at once, with all that it has started. */
  readonly signal: AbortSignal;
}

export interface Call {
  readonly input?: string;
  /** Bytes of output; with more the program is ended. */
  readonly maxOutput: number;
  readonly timeoutMs: number;
}

export interface Told {
  /** `undefined`: ended by a signal, or not started. */
  readonly exitCode: number | undefined;
  readonly output: Buffer;
  /** The end of what it has complained of. */
  readonly said: string;
  readonly isOverLimit: boolean;
  /** It complained without an end. */
  readonly isTooLoud: boolean;
  readonly timedOut: boolean;
}

/** A program that is running. */
export interface Running {
  readonly ended: Promise<Told>;
  /** Ends it and all that it has started. */
  end(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** @param command the program and its arguments, never a shell. Never throws for what the program does */
export function start(command: readonly string[], talk: Talk, call: Call): Running {
  const [program = '', ...args] = command;
  const running = execa(program, args, {
    ...(call.input === undefined ? { stdin: 'ignore' } : { input: call.input }),
    env: { PATH: systemPath, HOME: '/nonexistent', LANG: 'C.UTF-8' },
    extendEnv: false,
    cwd: talk.folder,
    buffer: false,
    reject: false,
    detached: true, // a group of its own: ssh is rsync's child
    ...talk.user,
  });
  const end = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    endGroup(running.pid, signal);
    if (signal === 'SIGTERM') return;
    // The other ends may be held by the ssh that has the connection: it would go on writing for as long as the neighbour does.
    running.stdout?.destroy();
    running.stderr?.destroy();
  };
  const pieces: Buffer[] = [];
  let bytes = 0;
  let said = '';
  let saidBytes = 0;
  let [isOverLimit, isTooLoud, timedOut] = [false, false, false];
  running.stdout?.on('data', (piece: Buffer) => {
    bytes += piece.length;
    isOverLimit ||= bytes > call.maxOutput;
    if (isOverLimit) end('SIGKILL');
    else pieces.push(piece);
  });
  running.stderr?.on('data', (piece: Buffer) => {
    saidBytes += piece.length;
    isTooLoud ||= saidBytes > maxSaidBytes;
    if (isTooLoud) end('SIGKILL');
    else said = (said + piece.toString()).slice(-maxSaid);
  });
  const timer = setTimeout(() => {
    timedOut = true;
    end('SIGKILL');
  }, call.timeoutMs);
  const stop = (): void => end('SIGKILL');
  talk.signal.addEventListener('abort', stop, { once: true });
  if (talk.signal.aborted) stop();
  const settle = async (): Promise<Told> => {
    const { exitCode } = await running;
    clearTimeout(timer);
    talk.signal.removeEventListener('abort', stop);
    end('SIGKILL'); // whatever it left behind
    return { exitCode, output: Buffer.concat(pieces), said, isOverLimit, isTooLoud, timedOut };
  };
  return { ended: settle(), end };
}

function endGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error; // nobody is left
  }
}

/** The last thing that a program has said, for a person. */
export function lastLine(said: string): string {
  return said.trim().split('\n').at(-1)?.trim() ?? '';
}
