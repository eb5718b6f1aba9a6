/** Facts as other programs read them: times as RFC 3339, everything else as it stands. */

/** Keys that hold milliseconds since 1970: `at`, `…At`, `…Until`, and lists of them, `…Times`. */
const isTime = /^at$|(?:At|Until|Times)$/;

export function asJson(facts: object): object {
  return converted('', facts) as object;
}

function converted(key: string, value: unknown): unknown {
  if (typeof value === 'number' && isTime.test(key)) {
    const date = new Date(value);
    return Number.isNaN(date.getTime()) ? null : date.toISOString();
  }
  if (Array.isArray(value)) return value.map((one) => converted(key, one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, one === undefined ? null : converted(name, one)]),
  );
}
