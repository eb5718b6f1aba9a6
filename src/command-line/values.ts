/** Values typed on a command line, checked with the words of the option they were given to. */
import { FerrymanError } from '../errors.ts';
import { parseRange, type SequenceRange } from '../parcel/sequences.ts';
import { formatTimestamp, isTimestamp } from '../parcel/timestamp.ts';

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
  const shape = /^(\d{4}-\d\d-\d\d)[Tt ](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
  const day = shape.exec(value)?.[1];
  // Date.parse takes February 30 for March 2
  const isDay = day !== undefined && isTimestamp(`${day}T00:00:00Z`);
  return epochTimestamp(name, value, isDay ? Date.parse(value.replace(' ', 'T').toUpperCase()) : NaN);
}

/**
 * A time, a day (its beginning, in UTC), or how long ago: `2026-11-21T08:00:00Z`, `2026-11-21`, `7d`.
 * @param nowMs milliseconds since 1970. @returns RFC 3339 in UTC. @throws FerrymanError `usage.invalid`
 */
export function timeOrAge(name: string, value: string, nowMs: number): string {
  if (/^\d+[smhd]$/.test(value)) {
    const ms = Math.max(0, nowMs - duration(name, value) * 1000);
    return epochTimestamp(name, value, ms);
  }
  return timestamp(name, /^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00Z` : value);
}

/** One sequence or a range: `7`, `3-9`. @throws FerrymanError `usage.invalid` */
export function sequenceRange(name: string, value: string): SequenceRange {
  const range = parseRange(value);
  if (!range)
    throw usageError(`${name}: expected a sequence like 42 or a range like 40-60, found "${value}"`);
  return range;
}

/** Seconds since 1970, as SOURCE_DATE_EPOCH holds them. @throws FerrymanError `usage.invalid` */
export function epochSeconds(name: string, value: string): string {
  return epochTimestamp(name, value, wholeNumber(name, value, 0) * 1000);
}

function epochTimestamp(name: string, value: string, epochMs: number): string {
  const written = Math.abs(epochMs) <= maxDateMs ? formatTimestamp(epochMs) : '';
  if (!isTimestamp(written))
    throw usageError(
      `${name}: expected a time like 2026-11-21T08:00:00Z from 1970 to 9999, found "${value}"`,
    );
  return written;
}

/** The last moment that a Date can hold. */
const maxDateMs = 8.64e15;
