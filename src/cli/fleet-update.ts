import { whenInWords } from '../command-line/ages.ts';
import { labelled, table, wrap } from '../command-line/columns.ts';
import type { Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { bytesInWords } from '../command-line/bytes.ts';
import type { CurvePoint, FailureGroup, UpdateFacts } from '../fleet/facts/update.ts';
import { resultStates, resultStateWords } from '../fleet/states.ts';
import { printable } from '../parcel/printable.ts';
import { atFleet, print } from './fleet-desk.ts';
import { minuteInWords, nodeInWords, resultStyle, updateInWords, type FleetLook } from './fleet-words.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [which = ''] = input.args;
  const facts = await atFleet(input, io, ({ ask, nowMs }) => ask.update(which, nowMs));
  print(input, io, { schema: 'ferryman.fleet-update/1', facts, text: updateText });
  return 0;
}

function updateText(update: UpdateFacts, look: FleetLook): string {
  const { paint, columns, nowMs } = look;
  const { publications, overdue, rivals } = update;
  const facts: readonly (readonly [string, string])[] = [
    ['digest', `${update.digest.slice(0, 16)} (--json has all of it)`],
    ['for', update.recipients.join(', ')],
    ['size', update.bytes === null ? 'not known' : bytesInWords(update.bytes)],
    ['published', publishedInWords(update, nowMs)],
    ...publications.map(({ road, outcome }) => ['', `${road}: ${printable(outcome)}`] as const),
  ];
  return [
    paint('strong', `update ${updateInWords(update)}`),
    ...rivals.map((digest) => paint('bad', `  ! other contents under this number: ${digest.slice(0, 16)}`)),
    ...facts.flatMap(([label, text]) => labelled(`  ${label.padEnd(10)}`, text, columns)),
    '',
    ...countLines(update, look),
    ...(overdue > 0
      ? wrap(`  of those it has not ended on, ${overdue} are late or silent themselves`, columns, '  ')
      : []),
    ...curveLines(update.curve, update.total),
    ...failureLines(update.failures, look),
    ...shortLogLines(update.shortLogs, look),
    '',
  ].join('\n');
}

function publishedInWords({ publishedAt, firstSeenAt }: UpdateFacts, nowMs: number): string {
  if (publishedAt !== null) return `${minuteInWords(publishedAt)}, ${whenInWords(publishedAt, nowMs)}`;
  return `not from here; known since ${minuteInWords(firstSeenAt)}`;
}

function countLines({ counts, total }: UpdateFacts, { paint }: FleetLook): string[] {
  if (total === 0) return ['for no node that is known'];
  const most = Math.max(...Object.values(counts));
  const wide = String(most).length;
  return resultStates
    .filter((state) => counts[state] > 0)
    .map((state) => {
      const bar = '#'.repeat(Math.max(1, Math.round((counts[state] / total) * 40)));
      const { label } = resultStateWords[state];
      return `  ${String(counts[state]).padStart(wide)} ${paint(resultStyle(state), label.padEnd(12))}${bar}`;
    });
}

/** At most ten of its points: a roll-out takes days or months, and a terminal has few lines. */
function curveLines(curve: readonly CurvePoint[], total: number): string[] {
  if (curve.length === 0) return [];
  const step = Math.max(1, Math.ceil(curve.length / 10));
  const shown = curve.filter((_, index) => index % step === 0 || index === curve.length - 1);
  const lines = shown.map(
    ({ at, reached, succeeded }) =>
      `  ${minuteInWords(at)}  ${reached} of ${total} have it, ${succeeded} succeeded`,
  );
  return ['', 'as it was heard:', ...lines];
}

function failureLines(failures: readonly FailureGroup[], { columns }: FleetLook): string[] {
  if (failures.length === 0) return [];
  const cells = failures.map(({ nodeCount, state, exitStatus, signal, lastLine, nodes }) => [
    String(nodeCount),
    state,
    signal ?? String(exitStatus ?? '-'),
    `${lastLine === '' ? '(no last line)' : printable(lastLine)}  ${nodes.map(nodeInWords).join(', ')}`,
  ]);
  return [
    '',
    'how it failed:',
    ...table([['NODES', 'STATE', 'EXIT', 'LAST LINE, NODES'], ...cells], columns, new Set([0, 2])),
  ];
}

function shortLogLines(logs: UpdateFacts['shortLogs'], { columns }: FleetLook): string[] {
  if (logs.length === 0) return [];
  return [
    '',
    'short logs:',
    ...logs.flatMap(({ receivedAt, road, node, text }) =>
      wrap(
        `  ${minuteInWords(receivedAt)} ${road} ${nodeInWords(node)}: ${printable(text)}`,
        columns,
        '    ',
      ),
    ),
  ];
}
