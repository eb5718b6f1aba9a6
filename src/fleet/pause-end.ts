/** Until when a node is paused: the same for what is typed and what the page sends. Pure. */
import { FerrymanError } from '../errors.ts';
import { printable } from '../parcel/printable.ts';
import { isTimestamp } from '../parcel/timestamp.ts';

const dayMs = 86_400_000;
/** A pause that nobody remembers is a loss that nobody notices. */
export const maxPauseDays = 366;
const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: dayMs };

/**
 * @param until a day (its end, in UTC), an RFC 3339 time, or for how long from now: `2026-12-01`, `2026-12-01T08:00:00Z`, `30d`
 * @returns milliseconds since 1970. @throws FerrymanError `usage.invalid`: none of these, past, or too far away
 */
export function pauseEnd(until: string, nowMs: number): number {
  const at = momentOf(until, nowMs);
  if (at > nowMs && at < nowMs + (maxPauseDays + 1) * dayMs) return at;
  throw new FerrymanError(
    'usage.invalid',
    `until: expected a day like 2026-12-01, a time like 2026-12-01T08:00:00Z or how long like 30d, to come and within ${maxPauseDays} days, found "${printable(until.slice(0, 32))}"`,
  );
}

function momentOf(until: string, nowMs: number): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(until) ?? [];
  if (unit !== '') return nowMs + Number(count) * (unitMs[unit] ?? 0);
  const [, day = '', clock = 'T23:59:59Z'] =
    /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))?$/.exec(until) ?? [];
  // Date.parse takes February 30 for March 2
  return isTimestamp(`${day}T00:00:00Z`) ? Date.parse(`${day}${clock}`) : Number.NaN;
}
