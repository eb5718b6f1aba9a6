import { bytesInWords } from '../command-line/bytes.ts';
import { labelled, table, wrap } from '../command-line/columns.ts';
import type { Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { inWords, whenInWords } from '../command-line/ages.ts';
import type { NodeFacts } from '../fleet/facts/node.ts';
import { nodeStateWords } from '../fleet/states.ts';
import { historyFields, roadFields } from '../fleet/lists/fields.ts';
import { printable } from '../parcel/printable.ts';
import { formatRange } from '../parcel/sequences.ts';
import { atFleet, print } from './fleet-desk.ts';
import {
  heading,
  minuteInWords,
  nodeInWords,
  nodeStyle,
  outcomeInWords,
  type FleetLook,
} from './fleet-words.ts';

/** Updates of the history that are shown. */
const shownHistory = 15;
const shownContacts = 10;

export async function run(input: Input, io: Io): Promise<number> {
  const [who = ''] = input.args;
  const facts = await atFleet(input, io, ({ ask, nowMs }) => ask.node(who, nowMs));
  print(input, io, { schema: 'ferryman.fleet-node/1', facts, text: nodeText });
  return 0;
}

function nodeText(node: NodeFacts, look: FleetLook): string {
  const { paint, columns } = look;
  const { label, meaning } = nodeStateWords[node.state];
  return [
    paint('strong', `${nodeInWords(node)}  ${node.guid}`),
    ...wrap(`  ${label}: ${meaning}`, columns, '  ').map((line) =>
      line.replace(label, paint(nodeStyle(node.state), label)),
    ),
    ...identity(node, look).flatMap(([name, text]) => labelled(`  ${name.padEnd(9)}`, text, columns)),
    ...gapLines(node),
    ...historyLines(node, look),
    ...contactLines(node, look),
    ...visitLines(node, look),
    ...shortLogLines(node, look),
    ...keyLines(node, look),
    '',
  ].join('\n');
}

function identity(node: NodeFacts, { nowMs }: FleetLook): (readonly [string, string])[] {
  const { heardAt, heardRoad, rhythmSeconds, diskFreeBytes, diskTotalBytes, clockOffsetSeconds } = node;
  const every =
    rhythmSeconds === null ? 'too seldom to tell a rhythm' : `usually every ${inWords(rhythmSeconds)}`;
  return [
    ['heard', heardAt === null ? 'never' : `${whenInWords(heardAt, nowMs)} by ${heardRoad ?? '?'}; ${every}`],
    ['role', [node.role ?? 'not known', ...node.groups].join(', ')],
    ...(node.place === '' ? [] : [['place', printable(node.place)] as const]),
    ...(node.note === '' ? [] : [['note', printable(node.note)] as const]),
    ...(node.version === null ? [] : [['version', printable(node.version)] as const]),
    ...(diskFreeBytes === null || diskTotalBytes === null
      ? []
      : [['disk', `${bytesInWords(diskFreeBytes)} of ${bytesInWords(diskTotalBytes)} free`] as const]),
    ...(clockOffsetSeconds === null || Math.abs(clockOffsetSeconds) < 60
      ? []
      : [
          [
            'clock',
            `${inWords(Math.abs(clockOffsetSeconds))} ${clockOffsetSeconds > 0 ? 'ahead' : 'behind'}`,
          ] as const,
        ]),
    ...(node.pausedUntil !== null && node.pausedUntil > nowMs
      ? [['paused', `until ${minuteInWords(node.pausedUntil)}`] as const]
      : []),
  ];
}

function gapLines({ incarnations }: NodeFacts): string[] {
  return incarnations
    .filter(({ gaps }) => gaps.length > 0)
    .flatMap(({ incarnation, gaps }) => [
      '',
      `archives of ${incarnation} that are not here:`,
      ...gaps
        .slice(-10)
        .map(
          (gap) =>
            `  ${formatRange(gap)}  ${gap.state}${gap.sinceAt === null ? '' : ` since ${minuteInWords(gap.sinceAt)}`}`,
        ),
      ...(gaps.length > 10 ? [`  and ${gaps.length - 10} before: --json has them`] : []),
    ]);
}

function historyLines({ history }: NodeFacts, { columns, paint }: FleetLook): string[] {
  if (history.length === 0) return ['', 'no update is for it'];
  const cells = history
    .slice(0, shownHistory)
    .map((result) => [
      String(result.sequence ?? result.digest.slice(0, 8)),
      outcomeInWords(result),
      result.channel ?? '-',
      minuteInWords(result.heardAt),
      printable(result.lastLine || result.reason || result.title),
    ]);
  const [first = '', ...lines] = table(
    [
      [
        ...heading(historyFields, 'sequence', 'state', 'channel'),
        'HEARD (UTC)',
        'LAST LINE, REASON OR TITLE',
      ],
      ...cells,
    ],
    columns,
    new Set([0]),
  );
  const more = history.length - shownHistory;
  return ['', paint('faint', first), ...lines, ...(more > 0 ? [`and ${more} older: --json has them`] : [])];
}

function contactLines({ contacts, guid }: NodeFacts, { columns, nowMs, paint }: FleetLook): string[] {
  if (contacts.length === 0) return [];
  const cells = contacts
    .slice(0, shownContacts)
    .map((road) => [
      nodeInWords(road.node.guid === guid ? road.peer : road.node),
      road.node.guid === guid ? printable(road.peerRole) : '-',
      String(road.contacts),
      road.everyDays === null ? '-' : `${road.everyDays.toFixed(1)} d`,
      bytesInWords(road.bytesIn + road.bytesOut),
      whenInWords(road.lastNodeAt, nowMs),
    ]);
  const [first = '', ...lines] = table(
    [
      [
        ...heading(roadFields, 'peer.guid', 'peerRole', 'contacts', 'everyDays'),
        'BYTES',
        ...heading(roadFields, 'lastNodeAt'),
      ],
      ...cells,
    ],
    columns,
    new Set([2, 3]),
  );
  return ['', paint('faint', first), ...lines];
}

function shortLogLines({ shortLogs }: NodeFacts, { columns }: FleetLook): string[] {
  if (shortLogs.length === 0) return [];
  return [
    '',
    'short logs:',
    ...shortLogs
      .slice(0, 10)
      .flatMap(({ receivedAt, road, text }) =>
        wrap(`  ${minuteInWords(receivedAt)} ${road}: ${printable(text)}`, columns, '    '),
      ),
  ];
}

function visitLines({ usbVisits }: NodeFacts, { columns, paint }: FleetLook): string[] {
  if (usbVisits === null || usbVisits.length === 0) return [];
  const cells = usbVisits.map(({ nodeAt, state, taken, found, technician }) => [
    minuteInWords(nodeAt),
    state,
    `${taken} of ${found}`,
    technician === '' ? '-' : printable(technician),
  ]);
  const [first = '', ...lines] = table(
    [['USB KEY, BY ITS CLOCK', 'STATE', 'TAKEN', 'TECHNICIAN'], ...cells],
    columns,
  );
  return ['', paint('faint', first), ...lines];
}

function keyLines({ key }: NodeFacts, { columns }: FleetLook): string[] {
  if (key.updates.length === 0) return ['', 'a USB key would bring it nothing new'];
  if (key.keys === 'off') return ['', 'it takes nothing from USB keys: they are switched off there'];
  const pass = key.passNeeded ? ', with a pass for it' : '';
  return [
    '',
    `for a USB key${pass}: ${counted(key.updates.length, 'update')}, ${bytesInWords(key.bytes)}`,
    ...wrap(`  ${key.command}`, columns, '    '),
  ];
}
