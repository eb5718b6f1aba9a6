/**
 * Decides what is so of one update on one node, from what was told of it. Pure: the same whatever the order in which it was told.
 */
import type { Selectable } from 'kysely';
import type { UpdateState } from '../../plan/facts.ts';
import type { Told } from '../store/tables/updates.ts';
import type { ResultState } from '../states.ts';
import { resultStateOf } from '../store/states.ts';
import { compareIncarnations, type RankedIncarnation } from './incarnation-rank.ts';
import type { LedgerTransition } from './ledger-line.ts';

/** What an archive has told. */
export type ToldByArchive = Selectable<Told> & {
  readonly ledger_state: UpdateState;
  readonly incarnation: string;
  readonly archive_sequence: number;
  readonly told_at: number;
};

/** What a short log has told, besides. */
export interface ToldByShortLog {
  readonly state: ResultState;
  readonly text: string;
  readonly road: string;
  readonly node_at: number | null;
  readonly received_at: number;
}

/** Above 0: `a` is the newer word. Within an incarnation the later archive; of two lines in one archive the one with more to tell. */
export function compareTold(
  a: ToldByArchive,
  b: ToldByArchive,
  ranks: ReadonlyMap<string, RankedIncarnation>,
): number {
  if (a.incarnation !== b.incarnation) {
    const [of, other] = [ranks.get(a.incarnation), ranks.get(b.incarnation)];
    if (of && other) return compareIncarnations(of, other);
    return of ? 1 : -1;
  }
  if (a.archive_sequence !== b.archive_sequence) return a.archive_sequence - b.archive_sequence;
  if (a.transitions.length !== b.transitions.length) return a.transitions.length - b.transitions.length;
  const [one, other] = [JSON.stringify(a), JSON.stringify(b)];
  return one < other ? -1 : Number(one > other);
}

/** What is shown. `undefined`: the update is not for that node. */
export interface EffectiveResult {
  readonly state: ResultState;
  readonly reason: string;
  readonly heard_at: number | null;
  readonly road: string | null;
}

/** @param isCarried somebody whom the node meets has told that it has it */
export function effectiveResult(
  told: ToldByArchive | undefined,
  short: ToldByShortLog | undefined,
  isCarried: boolean,
): EffectiveResult | undefined {
  const state = told && resultStateOf(told.ledger_state);
  if (told && state === undefined) return undefined;
  if (short && isNewer(short, told))
    return { state: short.state, reason: short.text, heard_at: short.received_at, road: short.road };
  if (told && state !== undefined)
    return { state, reason: told.ledger_reason, heard_at: told.told_at, road: told.told_road };
  return { state: isCarried ? 'carried' : 'unseen', reason: '', heard_at: null, road: null };
}

/**
 * How an update has ended on its node: what a short log says besides is older, however late an operator hands it over. One that was
 * interrupted runs again, and one that waits is still to run.
 */
const ends: ReadonlySet<UpdateState> = new Set([
  'succeeded',
  'failed',
  'timed-out',
  'refused',
  'superseded',
  'expired',
]);

/** By the node's clock, in which both are; a short log without a time counts until an archive has come after it. */
function isNewer({ node_at, received_at }: ToldByShortLog, told: ToldByArchive | undefined): boolean {
  if (!told) return true;
  if (ends.has(told.ledger_state)) return false;
  if (node_at === null) return received_at > told.told_at;
  const transitions = JSON.parse(told.transitions) as LedgerTransition[];
  const last = Math.max(
    ...transitions.map(({ at }) => Date.parse(at)),
    told.node_received_at ?? 0,
    told.node_started_at ?? 0,
    told.node_finished_at ?? 0,
  );
  return node_at > last;
}
