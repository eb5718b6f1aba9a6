/** The report as plain text of at most 76 columns, for whatever opens a `.txt` file. Pure. */
import { labelled, table, wrap } from '../../command-line/columns.ts';
import { verdictOf, visitsLeftInWords, type KeyReport, type ReportedUpdate } from './key-report.ts';

const columns = 76;
const labelWidth = 12;

/** Lines end with CR LF: the oldest editors of Windows know no other end. */
export function reportText(report: KeyReport): string {
  const lines = [
    'REPORT OF A KIOSK',
    '',
    ...wrap(verdictOf(report).text.toUpperCase(), columns, ''),
    ...(report.problem ? wrap(report.problem.advice, columns, '') : []),
    '',
    ...facts(report),
    ...section('Updates from this key', report.updates.length === 0 ? [] : updateLines(report.updates)),
    ...section(
      'Also from this key',
      report.notices.flatMap(({ title, outcome }) => labelled(`  ${title}: `, outcome, columns)),
    ),
    ...section(
      'To the office with this key',
      report.carried.flatMap((sentence) => wrap(`  ${sentence}`, columns, '    ')),
    ),
    ...section(
      'Left alone on this key',
      report.notTaken.flatMap(({ name, reason }) => labelled(`  ${name}: `, reason, columns)),
    ),
    ...section('This kiosk', kioskLines(report)),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function facts({ node, at, clockBehind, volume, technician, visitsLeft }: KeyReport): string[] {
  const groups = node.groups.length > 0 ? ` in ${node.groups.join(', ')}` : '';
  const role = node.role === '' ? '' : ` (${node.role}${groups})`;
  return [
    ...line('Kiosk', node.guid + role),
    ...line('Time', clockBehind ? `${at} by a clock that is wrong` : at),
    ...line('Key', volume.label === '' ? volume.uuid : `${volume.uuid} "${volume.label}"`),
    ...(technician === undefined ? [] : line('Carried by', technician)),
    ...(visitsLeft === undefined ? [] : line('Pass', visitsLeftInWords(visitsLeft))),
  ];
}

function line(label: string, text: string): string[] {
  return labelled(label.padEnd(labelWidth), text, columns);
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', heading, ...lines];
}

function updateLines(updates: readonly ReportedUpdate[]): string[] {
  const rows = updates.map(({ sequence, state, title }) => [String(sequence ?? '?'), state, title]);
  const heads = table(rows, columns - 2, new Set([0]));
  return updates.flatMap(({ reason }, index) => [
    `  ${heads[index] ?? ''}`,
    ...(reason === '' ? [] : wrap(`      ${reason}`, columns, '      ')),
  ]);
}

function kioskLines({ troubles }: KeyReport): string[] {
  if (troubles === undefined) return [];
  if (troubles.length === 0) return ['  ok: nothing needs a person'];
  return troubles.flatMap((trouble) => wrap(`  needs a person: ${trouble}`, columns, '    '));
}
