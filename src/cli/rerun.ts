import { flag, text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError } from '../errors.ts';
import { openLedger } from '../ledger/open.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import type { Layout } from '../node/layout.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import type { UpdateState } from '../plan/facts.ts';
import { updateJson } from './facts-json.ts';
import { exitOf, followUpdate } from './follow-update.ts';
import { json, layoutOf, sequenceOf } from './options.ts';

const finished: ReadonlySet<UpdateState> = new Set([
  'succeeded',
  'failed',
  'timed-out',
  'interrupted',
  'deferred',
]);

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const digest = queueAgain(layout, sequenceOf(input), text(input, 'reason') ?? '');
  const row = await followUpdate(layout, io, (ledger) => ledger.updates.find(digest));
  if (flag(input, 'json')) json(io, { schema: 'ferryman.rerun/1', update: updateJson(row) });
  else io.out(`update ${row.sequence ?? '?'} "${row.title}": ${row.state}: ${row.reason}\n`);
  return exitOf(row);
}

function queueAgain(layout: Layout, sequence: number, reason: string): string {
  const ledger = openLedger(layout.ledgerFile);
  try {
    return ledger.transaction(() => {
      const row = chooseFinished(ledger.updates.bySequence(sequence), sequence);
      ledger.updates.queueAgain(row.digest, `to be run again: ${reason}`, formatTimestamp(Date.now()));
      return row.digest;
    });
  } finally {
    ledger.close();
  }
}

function chooseFinished(rows: readonly UpdateRow[], sequence: number): UpdateRow {
  const [first] = rows;
  if (!first)
    throw new FerrymanError(
      'plan.no-such-update',
      `expected update ${sequence} to be known here, found no such update`,
    );
  const row = rows.find((candidate) => finished.has(candidate.state));
  if (!row)
    throw new FerrymanError(
      'plan.not-finished',
      `expected update ${sequence} to have finished, found it ${first.state}`,
    );
  return row;
}
