/** What is wrong, from its beginning to its end. */
import { needKinds } from '../facts/overview.ts';

/** `store`: the fleet store itself does not answer. `stale`: nothing comes in from anybody. */
export const incidentKinds = ['store', 'stale', ...needKinds, 'late'] as const;
export type IncidentKind = (typeof incidentKinds)[number];

/** Something that is wrong at the time of asking. */
export interface Finding {
  readonly kind: IncidentKind;
  /** What it is about, the same every time: a GUID, a digest. With the kind it names the incident. */
  readonly subject: string;
  /** A sentence without its full stop. May hold text of nodes. */
  readonly text: string;
  /** Nodes that it touches. */
  readonly count: number;
  /** Milliseconds since 1970: when it began, where that is known; else `null`. */
  readonly sinceAt: number | null;
  /** Another finding is its cause: it begins no incident, and ends none. */
  readonly isCovered: boolean;
}

export interface Incident {
  readonly id: number;
  readonly kind: IncidentKind;
  readonly subject: string;
  readonly text: string;
  readonly count: number;
  /** As in {@link Finding}. */
  readonly sinceAt: number | null;
  /** Milliseconds since 1970: when it was noticed. */
  readonly openedAt: number;
  /** `null`: it lasts. */
  readonly closedAt: number | null;
}
