import { flag, text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { usageError } from '../command-line/values.ts';
import { decideAnew, isPlanned, type PlannedUpdate } from '../controller/plan-updates.ts';
import { FerrymanError } from '../errors.ts';
import { openLedgerBeside } from '../ledger/open.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import { loadConfig } from '../node/config.ts';
import type { Layout } from '../node/layout.ts';
import { loadTrust } from '../node/trust-store.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import type { UpdateState } from '../plan/facts.ts';
import { withUpdate } from '../store/relay-store.ts';
import { updateJson } from '../status/update-json.ts';
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
  const reason = (text(input, 'reason') ?? '').trim();
  if (reason === '') throw usageError('--reason: expected why the update is to be run again, found nothing');
  const digest = await queueAgain(layout, sequenceOf(input), reason);
  const row = await followUpdate(layout, io, {
    find: (ledger) => ledger.updates.find(digest),
    isResult: (event) => event.final === true && event.digest === digest,
  });
  if (flag(input, 'json')) json(io, { schema: 'ferryman.rerun/1', update: updateJson(row) });
  else io.out(`update ${row.sequence ?? '?'} "${row.title}": ${row.state}: ${row.reason}\n`);
  return exitOf(row);
}

/** Leaves the recorded outcome only when the update can run now. */
async function queueAgain(layout: Layout, sequence: number, reason: string): Promise<string> {
  const config = loadConfig(layout);
  const trust = loadTrust(layout, config.trust.threshold);
  const ledger = openLedgerBeside(layout.ledgerFile);
  try {
    const { digest } = chooseFinished(ledger.updates.bySequence(sequence), sequence);
    await withUpdate(layout, digest, trust, () => undefined); // it is there, and signed as demanded now
    return ledger.transaction(() => {
      const row = chooseFinished(ledger.updates.bySequence(sequence), sequence);
      const decision = decideAnew({ ledger, config }, row.terms, row.digest);
      if (decision.state !== 'ready') {
        throw new FerrymanError(
          'plan.not-ready',
          `update ${sequence}: expected to be able to run it now, but ${decision.reason}`,
        );
      }
      ledger.updates.queueAgain(row.digest, `to be run again: ${reason}`, formatTimestamp(Date.now()));
      return row.digest;
    });
  } finally {
    ledger.close();
  }
}

function chooseFinished(rows: readonly UpdateRow[], sequence: number): PlannedUpdate {
  const [first] = rows;
  if (!first)
    throw new FerrymanError(
      'plan.no-such-update',
      `expected update ${sequence} to be known here, found no such update`,
    );
  const row = rows.filter(isPlanned).find((candidate) => finished.has(candidate.state));
  if (!row)
    throw new FerrymanError(
      'plan.not-finished',
      `expected update ${sequence} to have finished, found it ${first.state}`,
    );
  return row;
}
