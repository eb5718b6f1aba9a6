import { whenInWords } from '../command-line/ages.ts';
import { bytesInWords } from '../command-line/bytes.ts';
import { table } from '../command-line/columns.ts';
import { text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import type { RoadsPage } from '../fleet/facts/roads.ts';
import { toCsv } from '../fleet/lists/csv.ts';
import { roadFields } from '../fleet/lists/fields.ts';
import { atFleet, pageOf, print } from './fleet-desk.ts';
import { heading, nodeInWords, type FleetLook } from './fleet-words.ts';

const sorts = ['contacts', 'bytes', 'last'] as const;

export async function run(input: Input, io: Io): Promise<number> {
  const page = pageOf(input);
  const sort = sorts.find((name) => name === text(input, 'sort')) ?? 'contacts';
  const who = text(input, 'node');
  const facts = await atFleet(input, io, async ({ ask, nowMs }) => {
    const node = who === undefined ? undefined : (await ask.node(who, nowMs)).guid;
    return ask.roads({ ...page, sort, node });
  });
  print(input, io, {
    schema: 'ferryman.fleet-roads/1',
    facts,
    text: roadsText,
    csv: ({ roads }) => toCsv(roadFields, roads),
  });
  return 0;
}

function roadsText({ roads, total }: RoadsPage, { columns, paint, nowMs }: FleetLook): string {
  if (roads.length === 0)
    return total === 0 ? 'nobody has told of a contact\n' : `${total} roads, none on this page\n`;
  const cells = roads.map((road) => [
    nodeInWords(road.node),
    nodeInWords(road.peer),
    String(road.contacts),
    road.everyDays === null ? '-' : `${road.everyDays.toFixed(1)} d`,
    bytesInWords(road.bytesIn),
    bytesInWords(road.bytesOut),
    whenInWords(road.lastNodeAt, nowMs),
  ]);
  const named = [
    ...heading(roadFields, 'node.guid', 'peer.guid', 'contacts', 'everyDays'),
    ...heading(roadFields, 'bytesIn', 'bytesOut', 'lastNodeAt'),
  ];
  const [first = '', ...lines] = table([named, ...cells], columns, new Set([2, 3]));
  const more = total - roads.length;
  return [
    paint('faint', first),
    ...lines,
    ...(more > 0 ? [paint('faint', `${more} more; --page N has others`)] : []),
    '',
  ].join('\n');
}
