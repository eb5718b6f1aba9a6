/** Which own archives go undelivered when there is no room for another one: the oldest long one first, short ones only when no long one is left. Pure. */
import type { LogArchiveRow } from '../ledger/log-archives.ts';

/** @param waiting undelivered, the oldest first @param capacityBytes for all own archives together */
export function dropForRoom(
  waiting: readonly LogArchiveRow[],
  newBytes: number,
  capacityBytes: number,
): LogArchiveRow[] {
  let excess = waiting.reduce((sum, { bytes }) => sum + (bytes ?? 0), newBytes) - capacityBytes;
  const drop: LogArchiveRow[] = [];
  const inOrder = [
    ...waiting.filter((one) => one.class === 'long'),
    ...waiting.filter((one) => one.class === 'short'),
  ];
  for (const one of inOrder) {
    if (excess <= 0) break;
    drop.push(one);
    excess -= one.bytes ?? 0;
  }
  return drop;
}
