/** A row of `results`, with its update, as one line. */
import { sql, type RawBuilder, type Selectable } from 'kysely';
import type { ResultLine } from '../facts/node.ts';
import type { ResultTable, UpdateTable } from '../store/tables/updates.ts';

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
  'results.told_at',
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
    | 'told_at'
  >;

export function readResult(row: ResultRow): ResultLine {
  const { sequence, digest, title, state, attempts, channel, heard_at: heardAt } = row;
  const of = { sequence, digest, title, state, attempts, channel, heardAt };
  if (isOfShortLog(row)) return { ...of, ...toldByShortLog, reason: row.reason };
  return {
    ...of,
    reason: reasonOf(row),
    exitStatus: row.exit_status,
    signal: row.signal,
    lastLine: row.last_line,
    nodeStartedAt: row.node_started_at,
    nodeFinishedAt: row.node_finished_at,
  };
}

/** The newest word is a short log: what the archive before it has told of a run is of another. */
function isOfShortLog({ heard_at, told_at }: ResultRow): boolean {
  return told_at !== null && heard_at !== told_at;
}

const toldByShortLog = {
  exitStatus: null,
  signal: null,
  lastLine: '',
  nodeStartedAt: null,
  nodeFinishedAt: null,
} as const;

/** The same in SQL, of `results`: a column of what an archive has told, and `otherwise` where the newest word is a short log. */
export function toldSql<Value>(
  column: 'exit_status' | 'signal' | 'last_line',
  otherwise: Value,
): RawBuilder<Value> {
  const none = otherwise === null ? sql`null` : sql.lit(otherwise);
  return sql<Value>`case when results.heard_at = results.told_at then ${sql.ref(`results.${column}`)} else ${none} end`;
}

/** The word of the ledger where it says more than ours: `timed-out`, `superseded by 43`. */
function reasonOf({ state, reason, ledger_state: word }: ResultRow): string {
  const said = word === null || word === state || reason.startsWith(word) ? '' : word;
  return [said, reason].filter((part) => part !== '').join(': ');
}
