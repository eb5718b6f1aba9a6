/** Ledger rows as `--json` prints them. Spec: docs/json.md. */
import { readBootId, readUptimeSeconds } from '../host/process-identity.ts';
import { progressOf } from '../ledger/progress.ts';
import type { UpdateRow } from '../ledger/rows.ts';

export function updateJson(row: UpdateRow): object {
  const {
    sequence,
    digest,
    title,
    channel,
    state,
    exitStatus,
    signal,
    attempts,
    receivedAt,
    startedAt,
    finishedAt,
    reason,
  } = row;
  return {
    sequence,
    digest,
    title,
    channel,
    state,
    exitStatus,
    signal,
    attempts,
    receivedAt,
    startedAt,
    finishedAt,
    reason,
    retryAfterSeconds: retryAfterSeconds(row),
  };
}

/**
 * Seconds from now until an update that was deferred, or could not be started, may be tried again; `null` when it waits for nothing of
 * the kind. By the clock since boot, as it is decided.
 */
export function retryAfterSeconds(row: UpdateRow): number | null {
  if (row.state !== 'deferred' && row.state !== 'waiting') return null;
  const seconds = Math.ceil(progressOf(row, readBootId(), readUptimeSeconds()).retryInSeconds);
  return row.state === 'deferred' || seconds > 0 ? seconds : null;
}
