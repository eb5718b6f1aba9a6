/** How far an update has come, as a plain fact for a decision. Pure. */
import type { Progress } from '../plan/facts.ts';
import type { UpdateRow } from './rows.ts';

/** @param uptimeSeconds now, on this boot: after a reboot a pause is over */
export function progressOf(row: UpdateRow, bootId: string, uptimeSeconds: number): Progress {
  const paused = row.retryBootId === bootId ? (row.retryUptimeSeconds ?? 0) - uptimeSeconds : 0;
  const { state, reason, attempts } = row;
  return { state, reason, attempts, retryInSeconds: Math.max(0, paused) };
}
