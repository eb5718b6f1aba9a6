import { bytesInWords } from '../command-line/bytes.ts';
import { cut, lineWidth, width, wrap } from '../command-line/columns.ts';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError } from '../errors.ts';
import { parseArchivePath } from '../flood/pool/archive-name.ts';
import { noteInWords, why, type Why } from '../flood/why.ts';
import { loadConfig } from '../node/config.ts';
import { json, layoutOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  const [parcel = ''] = input.args;
  const { node } = loadConfig(layout);
  const found = withLedger(layout, (ledger) => why(parcel, { layout, node, ledger }));
  if (!found)
    throw new FerrymanError(
      'flood.not-here',
      `${parcel}: expected a parcel that is or was here, found nothing`,
    );
  if (flag(input, 'json')) json(io, { schema: 'ferryman.why/1', ...found });
  else io.out(inText(found, lineWidth(io)));
  return 0;
}

function inText({ parcel, path, bytes, reasons, notes }: Why, columns: number): string {
  const older = notes.map(noteInWords).filter((line) => !reasons.includes(line));
  return [
    cut(parcel, columns),
    ...(path === null ? ['  not here'] : pathLines(path, bytes, columns)),
    ...reasons.flatMap((reason) => wrap(`  ${reason}`, columns, '    ')),
    ...older.flatMap((line) => wrap(`  ${line}`, columns, '    ')),
    '',
  ].join('\n');
}

/** A name is not broken, so that it can be copied; one that no line holds is told whole in a pipe. */
function pathLines(path: string, bytes: number | null, columns: number): string[] {
  const size = bytes === null ? '' : `, ${bytesInWords(bytes)}`;
  if (width(`  ${path}${size}`) <= columns) return [`  ${path}${size}`];
  const pool = /^(.*\/)([^/]+\/[^/]+\/[^/]+)$/.exec(path);
  const [, folder = '', rest = ''] =
    pool && parseArchivePath(pool[2] ?? '') ? pool : (/^(.*\/)([^/]+)$/.exec(path) ?? []);
  return [`  ${folder}`, cut(`    ${rest}`, columns), ...(size === '' ? [] : [`  ${size.slice(2)}`])];
}
