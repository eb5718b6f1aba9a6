/** When a node was heard of, from the arrivals of its archives and short logs; and how its clock stands. Pure. */

/** Arrivals this close together are one hearing: a neighbour brings many archives at once. */
const togetherMs = 10 * 60_000;
const keptHearings = 16;
/** An archive that seems older than this when it comes was probably carried. */
const promptMs = 15 * 60_000;

export interface Arrival {
  readonly received_at: number;
  readonly road: string;
  /** By the node's clock. */
  readonly node_created_at: number | null;
}

export interface Hearing {
  readonly last_heard_at: number | null;
  readonly last_heard_road: string | null;
  /** Seconds; median of the pauses between hearings. */
  readonly rhythm_seconds: number | null;
  /** JSON. */
  readonly heard_times: string;
}

/** @param arrivals the newest first */
export function hearingOf(arrivals: readonly Arrival[]): Hearing {
  const [last] = arrivals;
  const times: number[] = [];
  for (const { received_at } of arrivals) {
    const next = times.at(-1);
    if (next !== undefined && next - received_at < togetherMs) continue;
    if (times.length === keptHearings) break;
    times.push(received_at);
  }
  const heard = times.toReversed();
  const pauses = heard.slice(1).map((at, index) => at - (heard[index] ?? at));
  return {
    last_heard_at: last?.received_at ?? null,
    last_heard_road: last?.road ?? null,
    rhythm_seconds: pauses.length === 0 ? null : Math.round(median(pauses) / 1000),
    heard_times: JSON.stringify(heard),
  };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/**
 * Seconds by which the node's clock is ahead of the proxy's, below 0 behind; `null`: not known. An archive is made before it arrives, so a
 * time of making after the arrival, or before the office has enrolled the node, tells of the clock; any other only when it came at once. The newest that tells counts.
 *
 * @param arrivals the newest first @param enrolledAtMs by the office's clock
 */
export function clockOffsetSeconds(arrivals: readonly Arrival[], enrolledAtMs: number | null): number | null {
  for (const { node_created_at: made, received_at: came } of arrivals) {
    if (made === null) continue;
    const offset = made - came;
    const isCertain = offset > -promptMs || (enrolledAtMs !== null && made < enrolledAtMs);
    if (isCertain) return Math.round(offset / 1000);
  }
  return null;
}
