/** How long a deferred update waits before it is tried again. Spec: docs/scripts.md, "How a run ends". */

/** Deferrals allowed before an update counts as failed. */
export const maxDeferrals = 20;

export interface PauseLimits {
  readonly firstSeconds: number;
  readonly maxSeconds: number;
}

/** @param deferrals how often the update has been deferred, from 1. @returns seconds, doubling up to the maximum */
export function deferPauseSeconds(deferrals: number, { firstSeconds, maxSeconds }: PauseLimits): number {
  return Math.min(firstSeconds * 2 ** Math.max(0, deferrals - 1), maxSeconds);
}
