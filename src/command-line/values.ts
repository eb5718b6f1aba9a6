/** Values typed on a command line, checked with the words of the option they were given to. */
import { FerrymanError } from '../errors.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';

export function usageError(message: string): FerrymanError {
  return new FerrymanError('usage.invalid', message);
}

/** A whole number from `min`, at most 2^53 - 1. @throws FerrymanError `usage.invalid` */
export function wholeNumber(name: string, value: string, min: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number < min) {
    throw usageError(
      `${name}: expected a whole number from ${min} to ${Number.MAX_SAFE_INTEGER}, found "${value}"`,
    );
  }
  return number;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A duration like `90s`, `30m`, `2h`, `1d`. @returns seconds. @throws FerrymanError `usage.invalid` */
export function duration(name: string, value: string): number {
  const match = /^([1-9]\d{0,8})([smhd])$/.exec(value);
  if (!match) throw usageError(`${name}: expected a duration like 90s, 30m, 2h or 1d, found "${value}"`);
  return Number(match[1]) * (unitSeconds[match[2] ?? ''] ?? 1);
}

/** An RFC 3339 time with any offset. @returns it in UTC with whole seconds. @throws FerrymanError `usage.invalid` */
export function timestamp(name: string, value: string): string {
  const shape = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
  const epochMs = Date.parse(value.replace(' ', 'T').toUpperCase());
  if (!shape.test(value) || !(epochMs >= 0) || !isCalendarDay(value.slice(0, 10)))
    throw usageError(`${name}: expected a time like 2026-11-21T08:00:00Z, found "${value}"`);
  return formatTimestamp(epochMs);
}

/** Date.parse takes the 30th of February for the 2nd of March. */
function isCalendarDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(time) && formatTimestamp(time).startsWith(day);
}
