/**
 * Processes of a run that outlive it. Found by the nonce in their environment (/proc/PID/environ), whatever session or
 * parent they have given themselves. A successful script's daemons are left alone; all others are stopped.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FerrymanError } from '../errors.ts';
import { processesWithEnvironment } from '../host/process-identity.ts';

const pollMs = 100;

/**
 * Asks the survivors to stop, then kills them, then makes sure.
 *
 * @throws FerrymanError `run.survivors` when some cannot be stopped (a process stuck in the kernel)
 */
export async function stopSurvivors(nonce: string, selfPid: number, stopMs: number): Promise<void> {
  const find = (): number[] => processesWithEnvironment(`FERRYMAN_NONCE=${nonce}`, selfPid);
  for (const [signal, patienceMs] of [
    ['SIGTERM', stopMs],
    ['SIGKILL', 5000],
  ] as const) {
    for (let waited = 0; waited <= patienceMs; waited += pollMs) {
      const survivors = find();
      // Twice: a process that is just executing another program has no environment for an instant.
      if (survivors.length === 0 && find().length === 0) return;
      // Again in every round: a fork may have slipped past the one before.
      if (waited === 0 || signal === 'SIGKILL') for (const pid of survivors) kill(pid, signal);
      await sleep(pollMs);
    }
  }
  const left = find();
  if (left.length > 0)
    throw new FerrymanError(
      'run.survivors',
      `expected no process of an ended run, found ${left.join(', ')} even after SIGKILL`,
    );
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: gone in between, which is what is wanted.
  }
}
