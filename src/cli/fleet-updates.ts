import { counted as inWords } from '../command-line/counted.ts';
import { table } from '../command-line/columns.ts';
import type { Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import type { UpdateLine, UpdatesPage } from '../fleet/facts/update.ts';
import { printable } from '../parcel/printable.ts';
import { toCsv } from '../fleet/lists/csv.ts';
import { updateFields } from '../fleet/lists/fields.ts';
import { atFleet, pageOf, print } from './fleet-desk.ts';
import { heading, minuteInWords, type FleetLook } from './fleet-words.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const page = pageOf(input);
  const facts = await atFleet(input, io, ({ ask }) => ask.updates(page));
  print(input, io, {
    schema: 'ferryman.fleet-updates/1',
    facts,
    text: updatesText,
    csv: ({ updates }) => toCsv(updateFields, updates),
  });
  return 0;
}

function updatesText({ updates, total }: UpdatesPage, { columns, paint }: FleetLook): string {
  if (updates.length === 0)
    return total === 0 ? 'no update is known\n' : `${inWords(total, 'update')}, none on this page\n`;
  const cells = updates.map((update) => [
    String(update.sequence ?? update.digest.slice(0, 8)),
    minuteInWords(update.publishedAt ?? update.firstSeenAt),
    ...counted(update).map(String),
    printable(update.title),
  ]);
  const named = [
    ...heading(updateFields, 'sequence'),
    'SINCE (UTC)',
    ...heading(updateFields, 'total'),
    'DONE',
    'FAILED',
    'ON THE WAY',
    ...heading(updateFields, 'title'),
  ];
  const [first = '', ...lines] = table([named, ...cells], columns, new Set([0, 2, 3, 4, 5]));
  const more = total - updates.length;
  return [
    paint('faint', first),
    ...lines,
    ...(more > 0 ? [paint('faint', `${more} more; --page N has others`)] : []),
    '',
  ].join('\n');
}

function counted({ total, counts }: UpdateLine): number[] {
  const failed = counts.failed + counts.interrupted + counts.refused;
  const done = counts.succeeded + counts.skipped;
  return [total, done, failed, total - failed - done];
}
