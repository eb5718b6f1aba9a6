import { existsSync, readFileSync } from 'node:fs';
import { flag, type Input } from '../command-line/command.ts';
import { lineWidth, wrap } from '../command-line/columns.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RunRow } from '../ledger/rows.ts';
import type { Layout } from '../node/layout.ts';
import { printable } from '../parcel/printable.ts';
import { logFiles, readLongLog } from '../report/long-log.ts';
import { readOutput } from '../run/capture.ts';
import { runFolder } from '../run/run-folder.ts';
import { layoutOf, sequenceOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

interface Logs {
  readonly short: string;
  readonly long: string;
  readonly output: string;
}

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  const logs = withLedger(layout, (ledger) => readLogs(ledger, layout, sequenceOf(input)));
  const wanted = (['short', 'long', 'output'] as const).filter((name) => flag(input, name));
  const show = (text: string): void => io.out(io.stdoutIsTerminal ? harmless(text) : text);
  const short = wrap(logs.short, lineWidth(io), '').join('\n'); // the other logs keep the lines of the script
  if (logs.short + logs.long + logs.output === '')
    io.err('no logs: it has not run here, or not written anything yet\n');
  else if (wanted.length > 0) for (const name of wanted) show(name === 'short' ? short : logs[name]);
  else
    show(
      `── short log ──\n${short}── long log ──\n${withEnd(logs.long)}── output ──\n${withEnd(logs.output)}`,
    );
  return 0;
}

function readLogs(ledger: Ledger, layout: Layout, sequence: number): Logs {
  const rows = ledger.updates.bySequence(sequence);
  const row = rows.findLast((candidate) => ledger.runs.of(candidate.digest).length > 0) ?? rows.at(-1);
  if (!row)
    throw new FerrymanError(
      'plan.no-such-update',
      `expected update ${sequence} to be known here, found no such update`,
    );
  const short = ledger.outbox.lastText(row.digest);
  const last = ledger.runs.of(row.digest).at(-1);
  return {
    short: short === undefined ? '' : `${short}\n`,
    ...(last ? readRunLogs(layout, sequence, last) : { long: '', output: '' }),
  };
}

/** Kept logs, or those of a run that goes on. */
function readRunLogs(layout: Layout, sequence: number, last: RunRow): Omit<Logs, 'short'> {
  const kept = logFiles(layout.log, sequence, last);
  const folder = runFolder(layout.runs, last.digest, last.run);
  if (existsSync(kept.output)) return { long: readIfThere(kept.long), output: readIfThere(kept.output) };
  return {
    long: readLongLog(folder.longLog)?.toString() ?? '',
    output: readOutput(folder.output).toString(),
  };
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** What a script wrote may hold escape sequences: a terminal is shown their codes instead. */
function harmless(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n');
}

function withEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
