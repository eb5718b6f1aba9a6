/**
 * Ages and durations in words. Pure.
 *
 * A node's clock may be anything, so an age is told only where it can be true: not when the clock stands before a time that
 * the office has signed, nor for a moment in the future, nor for one before what it happened to existed.
 */
import { counted } from './counted.ts';

/** What is known of the time now. */
export interface Now {
  /** The clock, in milliseconds since 1970. */
  readonly clockMs: number;
  /** The newest time that the office has signed; `null`: none yet. */
  readonly floor: string | null;
}

/** True when it is certainly later than the clock says. */
export function isBehind({ clockMs, floor }: Now): boolean {
  return floor !== null && clockMs < Date.parse(floor);
}

/**
 * `3 hours ago`; `undefined` when the clocks make it nonsense.
 * @param at RFC 3339 @param notBefore a signed time that it came after, RFC 3339
 */
export function age(at: string, now: Now, notBefore?: string): string | undefined {
  const seconds = (now.clockMs - Date.parse(at)) / 1000;
  if (isBehind(now) || seconds < 0 || (notBefore !== undefined && at < notBefore)) return undefined;
  return seconds < 1 ? 'just now' : `${inWords(seconds)} ago`;
}

/** `3 days ago`, `just now`; `in 2 days` for what is to come; `never` for `null`. @param at milliseconds since 1970 */
export function whenInWords(at: number | null, nowMs: number): string {
  if (at === null) return 'never';
  const seconds = (nowMs - at) / 1000;
  if (seconds < -60) return `in ${inWords(-seconds)}`;
  return seconds < 5 ? 'just now' : `${inWords(seconds)} ago`;
}

/** How long it has lasted: `for 3 days`. @param at milliseconds since 1970, when it began */
export function lastingInWords(at: number, nowMs: number): string {
  const seconds = (nowMs - at) / 1000;
  return seconds < 5 ? 'since just now' : `for ${inWords(seconds)}`;
}

const units = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
  ['month', 30.44 * 86_400],
  ['year', 365.25 * 86_400],
] as const;

/** A duration in one unit, rounded down: seconds up to two minutes, then minutes up to two hours, and so on. */
export function inWords(seconds: number): string {
  const [name, size] = units.findLast(([, unit]) => seconds >= 2 * unit) ?? units[0];
  const count = Math.max(0, Math.floor(seconds / size));
  return counted(count, name);
}
