/** The roll-out of an update over time: what was heard, added up. Pure. */
import type { CurvePoint } from '../facts/update.ts';

export const maxCurvePoints = 200;

/**
 * @param heard what became known at each time, oldest first: not added up yet
 * @returns points that never fall, the last of them now; none when nothing was heard
 */
export function curvePoints(heard: readonly CurvePoint[], nowMs: number): CurvePoint[] {
  const sums: CurvePoint[] = [];
  let last = { reached: 0, succeeded: 0, failed: 0 };
  for (const { at, reached, succeeded, failed } of heard) {
    last = {
      reached: last.reached + reached,
      succeeded: last.succeeded + succeeded,
      failed: last.failed + failed,
    };
    sums.push({ at, ...last });
  }
  const end = sums.at(-1);
  if (!end) return [];
  return [...thinned(sums, maxCurvePoints - 1), { ...end, at: Math.max(end.at, nowMs) }];
}

/** Evenly spread over the points, with the first and the last: a curve of thousands looks the same. */
function thinned(points: readonly CurvePoint[], most: number): CurvePoint[] {
  if (points.length <= most) return [...points];
  const step = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => points[Math.round(index * step)]).filter(
    (point) => point !== undefined,
  );
}
