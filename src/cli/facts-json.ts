/** Ledger rows as `--json` prints them. Spec: docs/json.md. */
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
  };
}
