/** Times as the format writes them: RFC 3339 in UTC with whole seconds, so that text order is time order. */

/** True for `2026-11-21T08:00:00Z` and nothing looser; real calendar days of the years 1970 to 9999 only. */
export function isTimestamp(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return false;
  const time = Date.parse(text);
  return time >= 0 && formatTimestamp(time) === text;
}

/** @param epochMs milliseconds since 1970 */
export function formatTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
