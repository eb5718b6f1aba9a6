/** The fleet in few words, for a terminal. Text of nodes is made harmless here. Pure. */
import type { Paint, Style } from '../command-line/paint.ts';
import type { Fields } from '../fleet/lists/fields.ts';
import type { NodeLine, NodeName, ResultLine } from '../fleet/facts/node.ts';
import type { UpdateLine } from '../fleet/facts/update.ts';
import {
  nodeStateWords,
  resultStates,
  resultStateWords,
  type NodeState,
  type ResultState,
  type Tone,
} from '../fleet/states.ts';
import { isClockOff, isDiskNearlyFull } from '../fleet/questions/marks.ts';
import { printable } from '../parcel/printable.ts';

export interface FleetLook {
  readonly columns: number;
  readonly paint: Paint;
  readonly nowMs: number;
}

/** Its name, or the beginning of its GUID. */
export function nodeInWords({ guid, name }: NodeName): string {
  return name === '' ? guid.slice(0, 13) : printable(name);
}

/** `2026-11-21 08:00` in UTC; what no clock can mean is `?`. */
export function minuteInWords(at: number | null): string {
  if (at === null) return '-';
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString().slice(0, 16).replace('T', ' ');
}

const styleOf: Readonly<Record<Tone, Style>> = {
  good: 'good',
  bad: 'bad',
  note: 'note',
  plain: 'plain',
  faint: 'faint',
};

/** Headings of a list as a terminal shows them, the same words as on the page. */
export function heading<Known extends Fields<never>>(
  fields: Known,
  ...names: readonly (keyof Known & string)[]
): string[] {
  return names.map((name) => String(fields[name]).toUpperCase());
}

export function nodeStyle(state: NodeState): Style {
  return styleOf[nodeStateWords[state].tone];
}

export function resultStyle(state: ResultState): Style {
  return styleOf[resultStateWords[state].tone];
}

/** `failed 4`, `failed SIGKILL`, `waiting`. */
export function outcomeInWords({ state, exitStatus, signal }: ResultLine): string {
  if (signal !== null) return `${state} ${printable(signal)}`;
  return exitStatus === null || exitStatus === 0 ? state : `${state} ${exitStatus}`;
}

export function updateInWords({
  sequence,
  digest,
  title,
}: Pick<UpdateLine, 'sequence' | 'digest' | 'title'>): string {
  return `${sequence ?? digest.slice(0, 16)} "${printable(title)}"`;
}

/** `4980 succeeded, 12 failed, 8 unseen`: only what there is. */
export function countsInWords(counts: UpdateLine['counts']): string {
  const parts = resultStates.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${state}`);
  return parts.length === 0 ? 'for no node that is known' : parts.join(', ');
}

/** What is odd about it beside its state. */
export function oddities(node: NodeLine, nowMs: number): string {
  const { absent, lost, pausedUntil, failures, behind } = node;
  return [
    ...(pausedUntil !== null && pausedUntil > nowMs
      ? [`until ${minuteInWords(pausedUntil).slice(0, 10)}`]
      : []),
    ...(failures > 0 ? [`${failures} failed`] : []),
    ...(behind > 0 ? [`${behind} to come`] : []),
    ...(absent > 0 ? [`${absent} logs missing`] : []),
    ...(lost > 0 ? [`${lost} logs lost`] : []),
    ...(isDiskNearlyFull(node) ? ['disk nearly full'] : []),
    ...(isClockOff(node) ? ['clock off'] : []),
  ].join(', ');
}
