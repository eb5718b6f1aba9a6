/** What a key carries home from one node, as facts. */
import { counted } from '../../command-line/counted.ts';
import type { UpdateState } from '../../plan/facts.ts';

/** An update that came with this key, on this visit or an earlier one, and what became of it so far. */
export interface ReportedUpdate {
  readonly sequence: number | null;
  readonly title: string;
  readonly state: UpdateState;
  /** In words, may be empty: `exit 3`, `needs update 41`. */
  readonly reason: string;
}

/** Something on the key that was left alone or refused. */
export interface NotTaken {
  /** Fit to be printed. */
  readonly name: string;
  readonly reason: string;
  /** It should have been taken: no bystander, but a parcel that could not be read, or is not the office's. */
  readonly isLoss: boolean;
}

/** A roster, an acknowledgement or an enrolment that came with this key, and what came of it. */
export interface ReportedNotice {
  readonly title: string;
  readonly outcome: string;
}

/** Visits to this node that the pass still grants. */
export interface VisitsLeft {
  readonly left: number;
  readonly granted: number;
  /** Something is copied next, which may cost one of them. */
  readonly isBeforeCopy: boolean;
}

/** `2 of 5 visits left`. */
export function visitsLeftInWords({ left, granted, isBeforeCopy }: VisitsLeft): string {
  return `${left} of ${counted(granted, 'visit')} left${isBeforeCopy ? ', before this one' : ''}`;
}

export interface KeyReport {
  /** A stranger's key is told the GUID alone. */
  readonly node: { readonly guid: string; readonly role: string; readonly groups: readonly string[] };
  /** RFC 3339, by the node's clock, which may be wrong. */
  readonly at: string;
  /** The clock is certainly wrong. */
  readonly clockBehind: boolean;
  readonly volume: { readonly uuid: string; readonly label: string };
  /** Who carries the key, by its pass; `undefined`: it has none that counts. */
  readonly technician: string | undefined;
  /** `undefined`: its pass sets no number, or it has none that counts. */
  readonly visitsLeft: VisitsLeft | undefined;
  /** Why this key was not accepted, or not read to its end; `undefined`: all went well. */
  readonly problem: { readonly code: string; readonly text: string; readonly advice: string } | undefined;
  readonly updates: readonly ReportedUpdate[];
  readonly notices: readonly ReportedNotice[];
  /** What goes to the office with this key, a sentence each. */
  readonly carried: readonly string[];
  /** Files on the key that this node has not copied yet, and is about to. */
  readonly awaited: number;
  readonly notTaken: readonly NotTaken[];
  /** What needs a person at this node, worst first; `undefined`: a stranger's key is not told. */
  readonly troubles: readonly string[] | undefined;
}

/** How an update stands, as the person with the key would say it. */
export type Standing = 'good' | 'bad' | 'open';

const bad: ReadonlySet<UpdateState> = new Set(['failed', 'timed-out', 'interrupted', 'refused']);
const good: ReadonlySet<UpdateState> = new Set(['succeeded', 'superseded', 'not-for-me', 'expired']);

export function standingOf({ state }: Pick<ReportedUpdate, 'state'>): Standing {
  if (bad.has(state)) return 'bad';
  return good.has(state) ? 'good' : 'open';
}

/** The one sentence that stands at the top. */
export function verdictOf(report: KeyReport): { readonly standing: Standing; readonly text: string } {
  const { problem, technician, updates, notices, awaited, notTaken } = report;
  if (problem) return { standing: 'bad', text: `${problem.text} (${problem.code})` };
  const failed = updates.filter((update) => standingOf(update) === 'bad').length;
  if (failed > 0)
    return { standing: 'bad', text: `${counted(failed, 'update')} did not succeed: tell the office` };
  const lost = notTaken.filter(({ isLoss }) => isLoss).length;
  if (lost > 0)
    return {
      standing: 'bad',
      text: `${counted(lost, 'file')} on this key could not be used: tell the office`,
    };
  if (technician === undefined && awaited > 0)
    return { standing: 'open', text: `${counted(awaited, 'file')} on this key to be copied` };
  const open = updates.filter((update) => standingOf(update) === 'open').length + awaited;
  if (open > 0)
    return {
      standing: 'open',
      text: `${counted(open, 'update')} not finished yet: plug the key in again later`,
    };
  if (updates.length === 0)
    return { standing: 'good', text: notices.length > 0 ? 'All is done' : 'There was nothing to do' };
  return { standing: 'good', text: `All is done: ${counted(updates.length, 'update')}` };
}
