/** What is known so far of updates on a node: the newest word of each of its incarnations, and its short logs. */
import type { FleetTransaction } from '../store/open-store.ts';
import type { ResultState } from '../states.ts';
import { resultStateOf } from '../store/states.ts';
import { oldestFirst } from './short-log-order.ts';
import type { ToldByArchive, ToldByShortLog } from './newest-word.ts';

/** Everything that was told of one update by one node. */
export interface Story {
  readonly digest: string;
  /** In the store; `undefined`: no row. */
  readonly state: ResultState | undefined;
  readonly isHeld: boolean;
  /** One of each incarnation. */
  readonly told: ToldByArchive[];
  readonly short: ToldByShortLog | undefined;
}

export async function readStories(
  transaction: FleetTransaction,
  node: string,
  digests: readonly string[],
): Promise<Story[]> {
  const [results, holders, older] = [
    await transaction
      .selectFrom('results')
      .selectAll()
      .where('node', '=', node)
      .where('digest', 'in', [...digests])
      .execute(),
    await transaction
      .selectFrom('holders')
      .selectAll()
      .where('node', '=', node)
      .where('digest', 'in', [...digests])
      .execute(),
    await transaction
      .selectFrom('older_results')
      .selectAll()
      .where('node', '=', node)
      .where('digest', 'in', [...digests])
      .execute(),
  ];
  const resultOf = new Map(results.map((row) => [row.digest, row]));
  const holderOf = new Map(holders.map((row) => [row.digest, row]));
  const updates = await transaction
    .selectFrom('updates')
    .select(['digest', 'sequence'])
    .where('digest', 'in', [...digests])
    .execute();
  const shorts = await readShortLogs(transaction, node, updates);
  return updates.map(({ digest }) => {
    const result = resultOf.get(digest);
    const holder = holderOf.get(digest);
    const told = [result ?? [], older.filter((row) => row.digest === digest)]
      .flat()
      .filter(({ ledger_state }) => ledger_state !== null) as unknown as ToldByArchive[];
    return {
      digest,
      state: result?.state,
      isHeld: holder !== undefined,
      told: [...told.map(onlyTold), ...(holder ? [ofHolder(holder)] : [])],
      short: shorts.get(digest),
    };
  });
}

/** Counted by the node; a sequence that two updates bear says nothing of either, unless one of them is known by the word of one node alone. */
async function readShortLogs(
  transaction: FleetTransaction,
  node: string,
  updates: readonly { digest: string; sequence: number | null }[],
): Promise<Map<string, ToldByShortLog>> {
  const wanted = updates.flatMap(({ sequence }) => sequence ?? []);
  const newest = new Map<string, ToldByShortLog>();
  if (wanted.length === 0) return newest;
  const rows = await transaction
    .selectFrom('short_logs')
    .selectAll()
    .where('node', '=', node)
    .where('sequence', 'in', wanted)
    .execute();
  if (rows.length === 0) return newest;
  const bearers = await transaction
    .selectFrom('updates')
    .innerJoin('results', 'results.digest', 'updates.digest')
    .select(['updates.digest', 'updates.sequence', 'updates.spread'])
    .where('results.node', '=', node)
    .where('updates.sequence', 'in', wanted)
    .execute();
  for (const row of oldestFirst(rows)) {
    const all = bearers.filter(({ sequence }) => sequence === row.sequence);
    const known = all.filter(({ spread }) => spread === 2);
    const [one, ...rivals] = known.length === 0 ? all : known;
    if (one && rivals.length === 0) newest.set(one.digest, row);
  }
  return newest;
}

function ofHolder({ incarnation, archive_sequence, heard_at }: FleetHolder): ToldByArchive {
  return { ...toldNothing, ledger_state: 'not-for-me', incarnation, archive_sequence, told_at: heard_at };
}

type FleetHolder = { incarnation: string; archive_sequence: number; heard_at: number };

/** The columns of what was told, of a row that has others too. What is not for a node is kept without its circumstances. */
export function onlyTold(row: ToldByArchive): ToldByArchive {
  const { incarnation, archive_sequence, told_at, ledger_state } = row;
  if (resultStateOf(ledger_state) === undefined)
    return { ...toldNothing, ledger_state, incarnation, archive_sequence, told_at };
  return {
    ledger_state,
    ledger_reason: row.ledger_reason,
    incarnation,
    archive_sequence,
    exit_status: row.exit_status,
    signal: row.signal,
    attempts: row.attempts,
    channel: row.channel,
    last_line: row.last_line,
    node_received_at: row.node_received_at,
    node_started_at: row.node_started_at,
    node_finished_at: row.node_finished_at,
    told_at,
    told_road: row.told_road,
    transitions: row.transitions,
  };
}

const toldNothing = {
  ledger_reason: '',
  exit_status: null,
  signal: null,
  attempts: 0,
  channel: null,
  last_line: '',
  node_received_at: null,
  node_started_at: null,
  node_finished_at: null,
  told_road: null,
  transitions: '[]',
} as const;
