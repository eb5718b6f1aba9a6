/** Ledger rows as `--json` prints them. Spec: docs/json.md. */
import { readBootId, readUptimeSeconds } from '../host/process-identity.ts';
import { readProgress } from '../controller/facts.ts';
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
 * Seconds from now until a deferred update may be tried again, 0 when it may; `null` when it is not deferred. By the clock
 * since boot, as it is decided.
 */
export function retryAfterSeconds(row: UpdateRow): number | null {
  if (row.state !== 'deferred') return null;
  return Math.ceil(readProgress(row, readBootId(), readUptimeSeconds()).retryInSeconds);
}
