import { age, type Now } from '../command-line/ages.ts';
import { bytesInWords } from '../command-line/bytes.ts';
import { lineWidth, table, wrap } from '../command-line/columns.ts';
import { flag, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { painter, type Paint } from '../command-line/paint.ts';
import type { NeighbourRow } from '../ledger/rows.ts';
import { json, layoutOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

interface Facts {
  readonly neighbours: readonly NeighbourRow[];
  /** By reason. */
  readonly refusedPings: Readonly<Record<string, number>>;
  readonly floor: string | null;
}

export function run(input: Input, io: Io): number {
  const facts = withLedger(layoutOf(input, io), (ledger): Facts => ({
    neighbours: ledger.neighbours.all(),
    refusedPings: ledger.neighbours.refusedPings(),
    floor: ledger.fact('time-floor') ?? null,
  }));
  const { neighbours, refusedPings } = facts;
  if (flag(input, 'json')) json(io, { schema: 'ferryman.neighbours/1', neighbours, refusedPings });
  else io.out(inText(facts, lineWidth(io), painter(io)));
  return 0;
}

function inText({ neighbours, refusedPings, floor }: Facts, columns: number, paint: Paint): string {
  const now = { clockMs: Date.now(), floor };
  const lines =
    neighbours.length === 0 ? ['no neighbour was heard or met yet'] : rows(neighbours, now, columns, paint);
  const refused = Object.entries(refusedPings).map(([why, times]) => `${times} ${why}`);
  return [
    ...lines,
    ...(refused.length === 0 ? [] : [`pings that were not believed: ${refused.join(', ')}`]),
    '',
  ].join('\n');
}

function rows(neighbours: readonly NeighbourRow[], now: Now, columns: number, paint: Paint): string[] {
  const heading = ['NEIGHBOUR', 'ROLE', 'HEARD', 'MET', 'IN', 'OUT', 'ADDRESS'];
  const cells = neighbours.map(({ node, role, heardAt, metAt, bytesIn, bytesOut, address }) => [
    node,
    role === '' ? '-' : role,
    when(heardAt, now),
    when(metAt, now),
    bytesInWords(bytesIn),
    bytesInWords(bytesOut),
    address,
  ]);
  const [first = '', ...lines] = table([heading, ...cells], columns);
  return [
    paint('faint', first),
    ...neighbours.flatMap((neighbour, index) => [
      lines[index] ?? '',
      ...wrap(`    ${lastContact(neighbour)}`, columns, '      '),
    ]),
  ];
}

function when(at: string | null, now: Now): string {
  if (at === null) return 'never';
  return age(at, now) ?? at.slice(0, 16).replace('T', ' ');
}

function lastContact({ contacts, parcelsIn, reason }: NeighbourRow): string {
  if (contacts === 0) return 'not met yet';
  return `${counted(contacts, 'contact')}, ${counted(parcelsIn, 'parcel')} fetched; the last one stopped: ${reason}`;
}
