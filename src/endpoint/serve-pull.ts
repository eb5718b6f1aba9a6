/**
 * Serves files to a neighbour: Debian's rrsync, read-only, on the one folder, within bounds of time and memory and beside few others.
 *
 * The slots are files that flock(1) locks: the kernel gives them back however a session ends.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { FerrymanError } from '../errors.ts';
import { systemPath } from '../host/system-path.ts';

export interface PullLimits {
  /** Neighbours that are served at a time. */
  readonly slots: number;
  /** Then the session is ended, whatever it does. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

export const pullLimits: PullLimits = {
  slots: 3,
  seconds: 3600,
  cpuSeconds: 1200,
  memoryBytes: 512 * 1024 * 1024,
};

/** What flock says when a slot is taken: no program here ends with this by itself. */
const slotTaken = 199;

/** What timeout, prlimit and a shell say when there is no such program; one less when it cannot be started. */
const notFound = 127;

const endedBySignal = 70;

/** What timeout says when it has ended its program. */
const timedOut = [124, 137];

/**
 * @param rsync arguments that were found harmless
 * @param slots folder for the slots
 * @returns the exit status of rsync
 * @throws FerrymanError `endpoint.busy`, `endpoint.unavailable`
 */
export async function servePull(
  offer: string,
  rsync: readonly string[],
  slots: string,
  limits: PullLimits = pullLimits,
): Promise<number> {
  for (let slot = 0; slot < limits.slots; slot++) {
    const status = await run(
      [
        'flock',
        '--nonblock',
        `--conflict-exit-code=${slotTaken}`,
        join(slots, `slot-${slot}`),
        ...bounded(offer, limits),
      ],
      rsync,
    );
    if (status === slotTaken) continue;
    if (timedOut.includes(status))
      throw new FerrymanError('endpoint.busy', `expected an end within ${limits.seconds} s, found none`);
    return status;
  }
  throw new FerrymanError('endpoint.busy', `expected one of ${limits.slots} slots to be free, found none`);
}

function bounded(offer: string, { seconds, cpuSeconds, memoryBytes }: PullLimits): string[] {
  const end = ['timeout', '--kill-after=5', String(seconds)];
  const room = [`--cpu=${cpuSeconds}`, `--as=${memoryBytes}`, '--core=0', '--fsize=1048576', '--nofile=256'];
  return [...end, 'prlimit', ...room, '--', 'rrsync', '-ro', '-no-lock', offer];
}

/** Not by execa: loading it takes as long as all the rest, and a neighbour waits. */
async function run([program = '', ...args]: readonly string[], rsync: readonly string[]): Promise<number> {
  const running = spawn(program, args, {
    stdio: 'inherit',
    cwd: '/',
    env: {
      PATH: systemPath,
      LANG: 'C.UTF-8',
      HOME: '/',
      SSH_ORIGINAL_COMMAND: ['rsync', ...rsync].join(' '),
    },
  });
  const status = await new Promise<number>((resolve) => {
    running.once('error', () => resolve(notFound));
    running.once('exit', (code) => resolve(code ?? endedBySignal));
  });
  if (status === notFound || status === notFound - 1)
    throw new FerrymanError(
      'endpoint.unavailable',
      'expected flock, timeout, prlimit and rrsync, found one of them missing',
    );
  return status;
}
