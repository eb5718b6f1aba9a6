/**
 * How long it is waited before something is tried again: an update that was deferred or could not be started (docs/scripts.md, "How a run
 * ends"), a failed sink.
 */

/** Deferrals allowed before an update counts as failed. */
export const maxDeferrals = 20;

export interface PauseLimits {
  readonly firstSeconds: number;
  readonly maxSeconds: number;
}

/** @param times how often something has failed or been deferred in a row, from 1. @returns seconds, doubling up to the maximum */
export function pauseSeconds(times: number, { firstSeconds, maxSeconds }: PauseLimits): number {
  return Math.min(firstSeconds * 2 ** Math.max(0, times - 1), maxSeconds);
}
