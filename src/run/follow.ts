/** Follows a run to its end by its status file, whether this process started the runner or found it running. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, type ProcessIdentity } from '../host/process-identity.ts';
import { readStatus, type RunStatus } from './status-file.ts';

const pollMs = 200;

/** What must be known of a run to follow it. */
export interface FollowedRun {
  readonly nonce: string;
  /** `null`: none was started, as far as the ledger knows. */
  readonly runner: ProcessIdentity | null;
}

export interface Following {
  /** Aborted: leave the run to the next start. */
  readonly signal: AbortSignal;
  /** Settles when the runner may have ended, to look at once. */
  readonly hint: Promise<void>;
  /** Called at every look. */
  readonly progress: () => void;
}

/**
 * Waits until the script has ended or its runner is gone.
 *
 * @returns the last status; `started` or `not-started` mean that the runner is gone without a word. `undefined`: aborted
 */
export async function followRun(
  run: FollowedRun,
  statusFile: string,
  { signal, hint: firstHint, progress }: Following,
): Promise<RunStatus | undefined> {
  let hint = firstHint;
  for (;;) {
    progress();
    // Order matters: a runner that is gone now can write no more, so the status read after is final.
    const alive = run.runner !== null && isAlive(run.runner);
    const status = readStatus(statusFile, run.nonce);
    if (status.kind === 'ended' || status.kind === 'not-begun' || !alive) return status;
    if (signal.aborted) return undefined;
    await Promise.race([sleep(pollMs, undefined, { signal }).catch(() => undefined), hint]);
    hint = new Promise(() => undefined);
  }
}
