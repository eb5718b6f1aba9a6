import { flag, text, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import { lineWidth, table, wrap } from '../command-line/columns.ts';
import type { Io } from '../command-line/io.ts';
import { painter, type Paint, type Style } from '../command-line/paint.ts';
import { wholeNumber } from '../command-line/values.ts';
import type { VisitFileRow, VisitRow, VisitState } from '../ledger/rows.ts';
import { json, layoutOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

interface Visit extends VisitRow {
  readonly files: readonly VisitFileRow[];
}

export function run(input: Input, io: Io): number {
  const limit = wholeNumber('--limit', text(input, 'limit') ?? '', 1);
  const visits = withLedger(layoutOf(input, io), ({ usb }) =>
    usb.lastVisits(limit).map((visit) => ({ ...visit, files: usb.files(visit.id) })),
  );
  if (flag(input, 'json')) json(io, { schema: 'ferryman.usb-visits/1', visits: visits.map(visitJson) });
  else io.out(visitsText(visits, lineWidth(io), painter(io)));
  return 0;
}

function visitJson({ files, ...visit }: Visit): object {
  return { ...visit, files: files.map(({ visit: _visit, ...file }) => file) };
}

const styles: Readonly<Record<VisitState, Style>> = {
  reading: 'note',
  safe: 'good',
  failed: 'bad',
  ignored: 'bad',
};

function visitsText(visits: readonly Visit[], columns: number, paint: Paint): string {
  if (visits.length === 0) return 'no USB key was put in here\n';
  const cells = visits.map(({ id, startedAt, state, volume, technician, files }) => [
    String(id),
    startedAt.slice(0, 16).replace('T', ' '),
    state,
    volume ?? '-',
    `${files.filter(({ code }) => code === null).length} of ${files.length}`,
    technician ?? '-',
  ]);
  const heading = ['VISIT', 'WHEN (UTC)', 'STATE', 'VOLUME', 'TAKEN', 'TECHNICIAN'];
  const [first = '', ...lines] = table([heading, ...cells], columns, new Set([0]));
  return [
    paint('faint', first),
    ...visits.flatMap((visit, index) => [
      (lines[index] ?? '').replace(visit.state, paint(styles[visit.state], visit.state)),
      ...reasons(visit).flatMap((line) => wrap(`       ${line}`, columns, '         ')),
    ]),
    '',
  ].join('\n');
}

function reasons({ code, reason, passUses, usesLeft, files }: Visit): string[] {
  return [
    ...(passUses === null ? [] : [`${usesLeft ?? 0} of ${counted(passUses, 'visit')} of its pass left`]),
    ...(reason === '' ? [] : [`${reason}${code === null ? '' : ` [${code}]`}`]),
    ...files.flatMap((file) =>
      file.code === null ? [] : [`${file.name} was not taken: ${file.reason} [${file.code}]`],
    ),
  ];
}
