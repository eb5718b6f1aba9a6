import { age, type Now } from '../command-line/ages.ts';
import { bytesInWords } from '../command-line/bytes.ts';
import { lineWidth, table, wrap } from '../command-line/columns.ts';
import { flag, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { painter, type Paint } from '../command-line/paint.ts';
import { howToEnrol, isEnrolled as isNodeEnrolled } from '../enrol/is-enrolled.ts';
import { readKeptRoster } from '../enrol/kept-roster.ts';
import { FerrymanError } from '../errors.ts';
import { shortName } from '../flood/exchange/wrong-names.ts';
import type { NeighbourRow } from '../ledger/rows.ts';
import { loadConfig } from '../node/config.ts';
import type { Layout } from '../node/layout.ts';
import type { Roster } from '../parcel/roster.ts';
import { contains } from '../parcel/sequence-sets.ts';
import { json, layoutOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

/** Names of parcels that are told of one neighbour: to a person, and to a program. */
const shownNames = 5;
const maxNames = 100;

interface Facts {
  readonly neighbours: readonly NeighbourRow[];
  /** By neighbour: names of what it brought and was set aside, the newest first. */
  readonly setAside: ReadonlyMap<string, readonly string[]>;
  /** By reason. */
  readonly refusedPings: Readonly<Record<string, number>>;
  readonly floor: string | null;
  readonly isEnrolled: boolean;
  /** The newest that is known here. */
  readonly roster: Roster | undefined;
}

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  loadConfig(layout); // a node that is not set up has lost nothing
  const facts = withLedger(layout, (ledger): Facts => ({
    neighbours: ledger.neighbours.all(),
    setAside: ledger.poolNotes.setAside(),
    refusedPings: ledger.neighbours.refusedPings(),
    floor: ledger.fact('time-floor') ?? null,
    isEnrolled: isNodeEnrolled(layout),
    roster: rosterIn(layout),
  }));
  if (flag(input, 'json')) json(io, neighboursJson(facts));
  else io.out(inText(facts, lineWidth(io), painter(io)));
  return 0;
}

/** A damaged one is for the daemon to tell. */
function rosterIn(layout: Layout): Roster | undefined {
  try {
    return readKeptRoster(layout);
  } catch (error) {
    if (error instanceof FerrymanError) return undefined;
    throw error;
  }
}

function revokedBy({ serial }: NeighbourRow, roster: Roster | undefined): number | null {
  return roster !== undefined && serial > 0 && contains(roster.revoked, serial) ? roster.number : null;
}

function neighboursJson({ neighbours, setAside, refusedPings, isEnrolled, roster }: Facts): object {
  return {
    schema: 'ferryman.neighbours/1',
    enrolled: isEnrolled,
    neighbours: neighbours.map((one) => ({
      ...one,
      revokedBy: revokedBy(one, roster),
      setAside: setAside.get(one.node)?.slice(0, maxNames) ?? [],
    })),
    refusedPings,
  };
}

function inText(facts: Facts, columns: number, paint: Paint): string {
  const { neighbours, refusedPings } = facts;
  const lines = neighbours.length === 0 ? ['no neighbour was heard or met yet'] : rows(facts, columns, paint);
  const refused = Object.entries(refusedPings).map(([why, times]) => `${times} ${why}`);
  const stranger = `this node is not enrolled, so it meets nobody: ${howToEnrol}`;
  return [
    ...(facts.isEnrolled ? [] : wrap(stranger, columns, '  ').map((line) => paint('note', line))),
    ...lines,
    ...(refused.length === 0
      ? []
      : wrap(`pings that were not believed: ${refused.join(', ')}`, columns, '  ')),
    '',
  ].join('\n');
}

function rows({ neighbours, setAside, floor, roster }: Facts, columns: number, paint: Paint): string[] {
  const now = { clockMs: Date.now(), floor };
  const cells = neighbours.map((neighbour) => [
    neighbour.node,
    neighbour.role === '' ? '-' : neighbour.role,
    when(neighbour.heardAt, now),
    isReached(neighbour) ? when(neighbour.metAt, now) : 'never',
  ]);
  const [first = '', ...lines] = table([['NEIGHBOUR', 'ROLE', 'HEARD', 'MET'], ...cells], columns);
  return [
    paint('faint', first),
    ...neighbours.flatMap((neighbour, index) => {
      const by = revokedBy(neighbour, roster);
      const revoked = `    revoked by roster ${by} of the office, serial ${neighbour.serial}: it is not let in, and not met`;
      return [
        lines[index] ?? '',
        ...(by === null ? [] : wrap(revoked, columns, '      ').map((line) => paint('bad', line))),
        ...wrap(`    ${contactsOf(neighbour)}`, columns, '      '),
        ...setAsideLines(setAside.get(neighbour.node) ?? [], columns),
      ];
    }),
  ];
}

/** Each name whole and alone, to be copied. */
function setAsideLines(names: readonly string[], columns: number): string[] {
  if (names.length === 0) return [];
  const some = names.slice(0, shownNames).map((name) => `      ${shortName(name)}`);
  const left = names.length - some.length;
  const words = `    ${counted(names.length, 'parcel')} of it proved wrong and set aside; "ferryman why NAME" tells why:`;
  return [...wrap(words, columns, '      '), ...some, ...(left > 0 ? [`      and ${left} more`] : [])];
}

function when(at: string | null, now: Now): string {
  if (at === null) return 'never';
  return age(at, now) ?? at.slice(0, 10);
}

/** Of whoever answers at least a summary comes. */
function isReached({ bytesIn }: NeighbourRow): boolean {
  return bytesIn > 0;
}

function contactsOf(neighbour: NeighbourRow): string {
  const { address, contacts, parcelsIn, bytesIn, bytesOut, reason } = neighbour;
  const where = address === '' ? '' : `${address}; `;
  if (contacts === 0) return `${where}not met yet`;
  if (!isReached(neighbour))
    return `${where}not reached in ${counted(contacts, 'attempt')}, at last: ${reason}`;
  const fetched = `${counted(contacts, 'contact')}, ${counted(parcelsIn, 'parcel')} fetched`;
  const bytes = `${bytesInWords(bytesIn)} in, ${bytesInWords(bytesOut)} out`;
  return `${where}${fetched}, ${bytes}; the last one stopped: ${reason}`;
}
