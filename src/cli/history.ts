import { flag, text, texts, type Input } from '../command-line/command.ts';
import { lineWidth, table, wrap } from '../command-line/columns.ts';
import type { Io } from '../command-line/io.ts';
import { painter, type Paint } from '../command-line/paint.ts';
import { sequenceRange, timeOrAge, wholeNumber } from '../command-line/values.ts';
import { channelNames } from '../channels/channel-name.ts';
import type { RefusalRow, UpdateRow } from '../ledger/rows.ts';
import type { Filter } from '../ledger/search.ts';
import { states } from '../plan/facts.ts';
import { updateJson } from '../status/update-json.ts';
import { json, layoutOf } from './options.ts';
import { stateStyle } from '../status/update-words.ts';
import { withLedger } from './with-ledger.ts';

export function run(input: Input, io: Io): number {
  const limit = wholeNumber('--limit', text(input, 'limit') ?? '', 1);
  const filter = filterOf(input, Date.now());
  const ofUpdates = filter.states.length + filter.sequences.length > 0 || filter.title !== undefined;
  const { updates, refusals } = withLedger(layoutOf(input, io), ({ search }) => ({
    updates: search.updates(filter, limit),
    refusals: ofUpdates ? [] : search.refusals(filter, limit), // a refused file has no state, number or title
  }));
  if (flag(input, 'json'))
    json(io, { schema: 'ferryman.history/1', updates: updates.map(updateJson), refusals });
  else io.out(historyText(updates, refusals, { columns: lineWidth(io), paint: painter(io) }));
  return 0;
}

/** @param nowMs the node's clock, for ages like `7d` */
function filterOf(input: Input, nowMs: number): Filter {
  const time = (name: string): string | undefined => {
    const value = text(input, name);
    return value === undefined ? undefined : timeOrAge(`--${name}`, value, nowMs);
  };
  const failed = flag(input, 'failed') ? (['failed', 'timed-out', 'interrupted'] as const) : [];
  return {
    states: [...states.filter((state) => texts(input, 'state').includes(state)), ...failed],
    channels: channelNames.filter((channel) => texts(input, 'channel').includes(channel)),
    sequences: texts(input, 'sequence').map((range) => sequenceRange('--sequence', range)),
    title: text(input, 'title'),
    since: time('since'),
    until: time('until'),
  };
}

interface Look {
  readonly columns: number;
  readonly paint: Paint;
}

function historyText(updates: readonly UpdateRow[], refusals: readonly RefusalRow[], look: Look): string {
  if (updates.length + refusals.length === 0) return 'nothing like that has arrived here\n';
  return [
    ...(updates.length === 0 ? [] : updateLines(updates, look)),
    ...(updates.length > 0 && refusals.length > 0 ? [''] : []),
    ...(refusals.length === 0 ? [] : refusalLines(refusals, look)),
    '',
  ].join('\n');
}

function updateLines(updates: readonly UpdateRow[], { columns, paint }: Look): string[] {
  const cells = updates.map((row) => [
    String(row.sequence ?? '?'),
    row.state,
    row.exitStatus === null ? (row.signal ?? '-') : String(row.exitStatus),
    row.channel,
    shortTime(row.finishedAt ?? row.receivedAt),
    row.terms ? row.title : row.reason,
  ]);
  const heading = ['SEQ', 'STATE', 'EXIT', 'CHANNEL', 'WHEN (UTC)', 'TITLE'];
  const [first = '', ...lines] = table([heading, ...cells], columns, new Set([0, 2]));
  return [
    paint('faint', first),
    ...lines.map((line, index) => {
      const { state = 'received' } = updates[index] ?? {};
      return line.replace(state, paint(stateStyle(state), state));
    }),
  ];
}

/** `2026-11-21 08:00`: seconds are for `show`. */
function shortTime(at: string): string {
  return at.slice(0, 16).replace('T', ' ');
}

function refusalLines(refusals: readonly RefusalRow[], { columns, paint }: Look): string[] {
  return [
    paint('faint', 'Refused files, not signed as this node demands:'),
    ...refusals.flatMap(({ at, channel, name, code, reason, times }) => {
      const often = times > 1 ? `, ${times} times` : '';
      const file = name === '' ? '' : ` ${name}`;
      return wrap(`${shortTime(at)}  ${channel}${file}${often}: ${reason} [${code}]`, columns, '    ');
    }),
  ];
}
