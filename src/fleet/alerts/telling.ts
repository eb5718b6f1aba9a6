/**
 * What one road is told next. Each incident is told twice on each road, once as it begins and once as it ends; what comes close together, or
 * was kept back in quiet hours, goes into one message. Pure.
 */
import type { Incident, IncidentKind } from './incident.ts';
import { isQuiet, type QuietHours } from './quiet-hours.ts';

/** An incident as one road knows it. */
export interface KnownIncident {
  readonly incident: Incident;
  readonly isOpeningTold: boolean;
  readonly isClosingTold: boolean;
}

export interface TellingSettings {
  /** `undefined`: there are none. */
  readonly quietHours: QuietHours | undefined;
  /** Told in quiet hours too. */
  readonly urgent: readonly IncidentKind[];
  /** Between two messages on one road: what comes meanwhile is told in one. */
  readonly gatherSeconds: number;
}

/** One message. Who was told only now that something began and that it is over finds it in both. */
export interface Telling {
  readonly opened: readonly Incident[];
  readonly closed: readonly Incident[];
}

/** @param lastToldAt when the road took a message last; `null`: never. @returns `undefined`: nothing is to be told now */
export function decideTelling(
  known: readonly KnownIncident[],
  lastToldAt: number | null,
  { quietHours, urgent, gatherSeconds }: TellingSettings,
  nowMs: number,
): Telling | undefined {
  // A clock that was set back must not silence the road for as long.
  const isGathering = lastToldAt !== null && nowMs >= lastToldAt && nowMs < lastToldAt + gatherSeconds * 1000;
  if (isGathering) return undefined;
  const quiet = quietHours !== undefined && isQuiet(quietHours, nowMs);
  const due = known.filter(({ incident }) => !quiet || urgent.includes(incident.kind));
  const opened = due.filter((one) => !one.isOpeningTold).map(({ incident }) => incident);
  const closed = due
    .filter((one) => one.incident.closedAt !== null && !one.isClosingTold)
    .map(({ incident }) => incident);
  return opened.length + closed.length === 0 ? undefined : { opened, closed };
}
