/** A row of `results`, with its update, as one line. */
import type { Selectable } from 'kysely';
import type { ResultLine } from '../facts.ts';
import type { ResultTable, UpdateTable } from '../store/schema.ts';

export const resultColumns = [
  'updates.sequence',
  'updates.digest',
  'updates.title',
  'results.state',
  'results.reason',
  'results.ledger_state',
  'results.exit_status',
  'results.signal',
  'results.attempts',
  'results.channel',
  'results.last_line',
  'results.node_started_at',
  'results.node_finished_at',
  'results.heard_at',
] as const;

type ResultRow = Pick<UpdateTable, 'sequence' | 'digest' | 'title'> &
  Pick<
    Selectable<ResultTable>,
    | 'state'
    | 'reason'
    | 'ledger_state'
    | 'exit_status'
    | 'signal'
    | 'attempts'
    | 'channel'
    | 'last_line'
    | 'node_started_at'
    | 'node_finished_at'
    | 'heard_at'
  >;

export function readResult(row: ResultRow): ResultLine {
  return {
    sequence: row.sequence,
    digest: row.digest,
    title: row.title,
    state: row.state,
    reason: reasonOf(row),
    exitStatus: row.exit_status,
    signal: row.signal,
    attempts: row.attempts,
    channel: row.channel,
    lastLine: row.last_line,
    nodeStartedAt: row.node_started_at,
    nodeFinishedAt: row.node_finished_at,
    heardAt: row.heard_at,
  };
}

/** The word of the ledger where it says more than ours: `timed-out`, `superseded by 43`. */
function reasonOf({ state, reason, ledger_state: word }: ResultRow): string {
  const said = word === null || word === state || reason.startsWith(word) ? '' : word;
  return [said, reason].filter((part) => part !== '').join(': ');
}
