/**
 * The time floor: the newest time that the office has signed, as far as this node knows. It stands in for a clock that
 * may be anything. Spec: docs/format.md §9.
 */
import { formatTimestamp } from '../parcel/timestamp.ts';

/** How far one parcel may move the floor, so that one wrong date cannot expire everything for ever. */
const maxStepMs = 400 * 24 * 3600 * 1000;

/** The floor after seeing a parcel signed at `created`: forward only, at most 400 days at a time. */
export function raiseFloor(floor: string | undefined, created: string): string {
  if (floor === undefined) return created;
  const limit = formatTimestamp(Math.min(Date.parse(floor) + maxStepMs, Date.parse('9999-12-31T23:59:59Z')));
  const reached = created < limit ? created : limit;
  return reached > floor ? reached : floor;
}
