import { flag, text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { wholeNumber } from '../command-line/values.ts';
import type { RefusalRow, UpdateRow } from '../ledger/rows.ts';
import { updateJson } from './facts-json.ts';
import { json, layoutOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

export function run(input: Input, io: Io): number {
  const limit = wholeNumber('--limit', text(input, 'limit') ?? '', 1);
  const { updates, refusals } = withLedger(layoutOf(input, io), (ledger) => ({
    updates: ledger.updates.newestFirst(limit),
    refusals: ledger.refusals.newestFirst(limit),
  }));
  if (flag(input, 'json'))
    json(io, { schema: 'ferryman.history/1', updates: updates.map(updateJson), refusals });
  else io.out(updateTable(updates) + refusalTable(refusals));
  return 0;
}

function updateTable(updates: readonly UpdateRow[]): string {
  if (updates.length === 0) return 'no update has arrived here yet\n';
  const rows = updates.map((row) =>
    [
      String(row.sequence ?? '?').padStart(8),
      row.state.padEnd(11),
      (row.exitStatus === null ? (row.signal ?? '-') : String(row.exitStatus)).padStart(7),
      row.channel.padEnd(8),
      (row.finishedAt ?? row.receivedAt).padEnd(20),
      row.title,
    ]
      .join('  ')
      .trimEnd(),
  );
  return `SEQUENCE  STATE           EXIT  CHANNEL   WHEN                  TITLE\n${rows.join('\n')}\n`;
}

function refusalTable(refusals: readonly RefusalRow[]): string {
  if (refusals.length === 0) return '';
  const rows = refusals.map(
    (row) =>
      `${row.at}  ${row.channel.padEnd(8)}  ${row.code}: ${row.reason}${row.times > 1 ? ` (${row.times} times)` : ''}`,
  );
  return `\nRefused, not signed as this node demands:\n${rows.join('\n')}\n`;
}
