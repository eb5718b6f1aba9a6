/** What a run's status means. Pure. Spec: docs/scripts.md, "How a run ends". */
import { deferredReason } from '../plan/decide.ts';
import type { RunStatus } from './status-file.ts';

/** How a run ended. `not-started`: it is proven that the script never began. */
export type RunOutcome = 'succeeded' | 'failed' | 'timed-out' | 'deferred' | 'interrupted' | 'not-started';

/** Exit status by which a script says "not now, try later": EX_TEMPFAIL of sysexits.h. */
const tryLater = 75;

export interface Verdict {
  readonly outcome: RunOutcome;
  readonly exitStatus: number | null;
  readonly signal: string | null;
  /** One line for a person. */
  readonly reason: string;
}

/** First cause wins: a script that is stopped at its deadline has timed out, whatever it exits with. */
export function judge(status: RunStatus): Verdict {
  if (status.kind === 'not-started' || status.kind === 'not-begun')
    return {
      outcome: 'not-started',
      exitStatus: null,
      signal: null,
      reason:
        status.kind === 'not-begun'
          ? `the system could not start the script: ${status.problem}`
          : 'its runner ended before the script began',
    };
  if (status.kind === 'started')
    return {
      outcome: 'interrupted',
      exitStatus: null,
      signal: null,
      reason: 'its end was not seen: power cut, or the runner was killed',
    };
  const { exitStatus, signal, timedOut, shutdown, durationMs, timeoutMs } = status.end;
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  const facts = { exitStatus, signal };
  if (timedOut)
    return {
      outcome: 'timed-out',
      ...facts,
      reason: `stopped after ${seconds}: it was given ${timeoutMs / 1000} s`,
    };
  if (shutdown && (signal === 'SIGTERM' || signal === 'SIGKILL'))
    return {
      outcome: 'interrupted',
      ...facts,
      reason: `ended by ${signal} while the machine was shutting down`,
    };
  if (signal !== null) return { outcome: 'failed', ...facts, reason: `ended by ${signal} after ${seconds}` };
  if (exitStatus === 0) return { outcome: 'succeeded', ...facts, reason: `exit 0 after ${seconds}` };
  if (exitStatus === tryLater) return { outcome: 'deferred', ...facts, reason: deferredReason };
  return { outcome: 'failed', ...facts, reason: `exit ${exitStatus}${explain(exitStatus)} after ${seconds}` };
}

function explain(exitStatus: number | null): string {
  if (exitStatus === 126) return ' (the script cannot be executed)';
  if (exitStatus === 127) return ' (the script or its interpreter was not found)';
  return '';
}
