/** What is odd about a node beside its state, in SQL and in words. */
import { sql, type RawBuilder } from 'kysely';
import type { NodeLine } from '../facts/node.ts';
import type { NodeMark } from '../node-query.ts';

/** Less than this, or than a twentieth: nearly full. */
export const leastFreeBytes = 256 * 1024 * 1024;
/** Off by more: its own times cannot be believed. */
export const mostClockSeconds = 3600;

/** The same as `markSql.disk`, of a line that was asked for. */
export function isDiskNearlyFull({
  diskFreeBytes,
  diskTotalBytes,
}: Pick<NodeLine, 'diskFreeBytes' | 'diskTotalBytes'>): boolean {
  if (diskFreeBytes === null) return false;
  return diskFreeBytes < leastFreeBytes || (diskTotalBytes !== null && diskFreeBytes * 20 < diskTotalBytes);
}

/** The same as `markSql.clock`. */
export function isClockOff({ clockOffsetSeconds }: Pick<NodeLine, 'clockOffsetSeconds'>): boolean {
  return Math.abs(clockOffsetSeconds ?? 0) > mostClockSeconds;
}

/** Of a row of `nodes`. */
export const markSql: Readonly<Record<NodeMark, RawBuilder<boolean>>> = {
  gaps: sql<boolean>`exists (select 1 from incarnations i where i.node = nodes.guid and i.closed = 0 and i.missing_count > 0)`,
  lost: sql<boolean>`exists (select 1 from incarnations i where i.node = nodes.guid and i.void_count > 0)`,
  disk: sql<boolean>`(nodes.disk_free_bytes < ${sql.lit(leastFreeBytes)} or nodes.disk_free_bytes * 20 < nodes.disk_total_bytes)`,
  clock: sql<boolean>`(nodes.clock_offset_seconds > ${sql.lit(mostClockSeconds)} or nodes.clock_offset_seconds < ${sql.lit(-mostClockSeconds)})`,
};
