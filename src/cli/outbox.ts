import { flag, text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { usageError, wholeNumber } from '../command-line/values.ts';
import { knock } from '../inbox/knock.ts';
import { isLocked } from '../host/lock.ts';
import { readBootId, readUptimeSeconds } from '../host/process-identity.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openLedgerBeside } from '../ledger/open.ts';
import type { OutboxRow } from '../ledger/rows.ts';
import { loadConfig } from '../node/config.ts';
import type { Config } from '../node/config/read-config.ts';
import { syslogName } from '../node/config/keys.ts';
import type { Layout } from '../node/layout.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import { inWords } from '../command-line/ages.ts';
import { lineWidth, wrap } from '../command-line/columns.ts';
import { json, layoutOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

/** How it stands with one sink. */
interface SinkStanding {
  readonly name: string;
  /** `null`: it is configured no more. */
  readonly type: string | null;
  readonly waiting: number;
  /** In a row. */
  readonly failures: number;
  readonly problem: string | null;
  /** Seconds until it is tried again; `null` when it is not being left alone. */
  readonly retryInSeconds: number | null;
}

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  const config = loadConfig(layout);
  const limit = wholeNumber('--limit', text(input, 'limit') ?? '', 1);
  const giveUp = text(input, 'giveUp');
  if (giveUp !== undefined) io.err(giveUpSink(layout, giveUp));
  if (flag(input, 'retry')) io.err(retryNow(layout));
  const { sinks, messages } = withLedger(layout, (ledger) => {
    const standings = readStandings(ledger, config);
    return {
      sinks: standings,
      messages: standings.flatMap(({ name }) => ledger.outbox.waiting(name, limit)),
    };
  });
  if (flag(input, 'json'))
    json(io, { schema: 'ferryman.outbox/1', sinks, messages: messages.map(messageJson) });
  else {
    const lines = [...sinks.flatMap(sinkLines), ...messages.flatMap(messageLines)];
    io.out(`${lines.flatMap((line) => wrap(line, lineWidth(io), '    ')).join('\n')}\n`);
  }
  return 0;
}

function giveUpSink(layout: Layout, sink: string): string {
  const ledger = openLedgerBeside(layout.ledgerFile);
  try {
    const count = ledger.transaction(() => ledger.outbox.drop(sink, formatTimestamp(Date.now())));
    if (count === 0)
      throw usageError(`--give-up: expected a sink for which something waits, found none called "${sink}"`);
    return `given up: ${count} short logs for ${sink}\n`;
  } finally {
    ledger.close();
  }
}

/** Ends the pauses of failing sinks and has the daemon look. */
function retryNow(layout: Layout): string {
  const ledger = openLedgerBeside(layout.ledgerFile);
  try {
    ledger.transaction(() => ledger.outbox.endPauses());
  } finally {
    ledger.close();
  }
  knock(layout.inbox);
  return isLocked(layout.lockFile)
    ? 'the ferryman at work tries now; below is how it stood before\n'
    : 'no ferryman is at work here: its next start tries\n';
}

function readStandings(ledger: Ledger, { report }: Config): SinkStanding[] {
  const types = new Map<string, string>(report.sinks.map(({ name, type }) => [name, type]));
  if (report.syslog) types.set(syslogName, syslogName);
  const waiting = new Map(ledger.outbox.backlog().map((row) => [row.sink, row.waiting]));
  const failing = new Map(ledger.outbox.failingSinks().map((row) => [row.name, row]));
  return [...new Set([...types.keys(), ...waiting.keys()])].map((name) => {
    const row = failing.get(name);
    const left = row?.retryBootId === readBootId() ? row.retryUptimeSeconds - readUptimeSeconds() : 0;
    return {
      name,
      type: types.get(name) ?? null,
      waiting: waiting.get(name) ?? 0,
      failures: row?.failures ?? 0,
      problem: row?.problem ?? null,
      retryInSeconds: row ? Math.max(0, Math.ceil(left)) : null,
    };
  });
}

function sinkLines({ name, type, waiting, failures, problem, retryInSeconds }: SinkStanding): string[] {
  const head = `${name}: ${waiting === 0 ? 'nothing waits' : `${waiting} waiting`}${type === null ? '' : ` (${type})`}`;
  if (type === null)
    return [head, `  ! no such sink is configured; to give up what waits: --give-up ${name}`];
  if (problem === null || retryInSeconds === null) return [head];
  const next = retryInSeconds === 0 ? 'tried again next' : `tried again in ${inWords(retryInSeconds)}`;
  return [head, `  ! failed ${times(failures)}, ${next}: ${problem}`];
}

function messageLines({ sink, sequence, state, tries, createdAt, text: words }: OutboxRow): string[] {
  const tried = tries === 0 ? 'not tried yet' : `tried ${times(tries)}`;
  return ['', `update ${sequence ?? '?'} ${state}, ${createdAt}, for ${sink}, ${tried}`, `  ${words}`];
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function messageJson(message: OutboxRow): object {
  const { id, sink, sequence, digest, state, text: words, tries, problem, createdAt } = message;
  return { id, sink, sequence, digest, state, text: words, tries, problem, createdAt };
}
