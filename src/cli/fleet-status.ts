import { lastingInWords, whenInWords } from '../command-line/ages.ts';
import { labelled, wrap } from '../command-line/columns.ts';
import { counted } from '../command-line/counted.ts';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import type { Need, Overview } from '../fleet/facts/overview.ts';
import { nodeStates, nodeStateWords } from '../fleet/states.ts';
import { printable } from '../parcel/printable.ts';
import { atFleet, print } from './fleet-desk.ts';
import { countsInWords, nodeInWords, nodeStyle, updateInWords, type FleetLook } from './fleet-words.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const overview = await atFleet(input, io, ({ ask, nowMs }) => ask.overview(nowMs));
  print(input, io, { schema: 'ferryman.fleet-status/1', facts: overview, text: overviewText });
  // Nobody is known: that all is well would be a guess.
  return flag(input, 'check') && (overview.needsTotal > 0 || overview.total === 0) ? 1 : 0;
}

export function overviewText(overview: Overview, look: FleetLook): string {
  const { total, states, newest, freshness } = overview;
  const { paint, columns, nowMs } = look;
  if (total === 0)
    return 'no node is known: they become known by their archives, and by ferryman fleet import\n';
  const shown = nodeStates.filter((state) => states[state] > 0);
  const bar = shown.map((state) => {
    const plain = `${states[state]} ${nodeStateWords[state].label}`;
    return { plain, painted: paint(nodeStyle(state), plain) };
  });
  const age = `heard ${whenInWords(freshness.heardAt, nowMs)}, ${counted(freshness.archives, 'archive')}`;
  return [
    ...wrapBar(`${counted(total, 'node')}: `, bar, look),
    ...(freshness.isStale
      ? wrap(`! ${age}: more likely nothing reaches this store than that all are silent`, columns, '  ').map(
          (line) => paint('bad', line),
        )
      : [paint('faint', age)]),
    ...(freshness.notEntered === 0
      ? []
      : wrap(`! ${notEntered(freshness.notEntered)}`, columns, '  ').map((line) => paint('bad', line))),
    ...(newest
      ? ['', ...labelled('newest  ', `${updateInWords(newest)}: ${countsInWords(newest.counts)}`, columns)]
      : []),
    '',
    ...needLines(overview, look),
    '',
  ].join('\n');
}

function notEntered(count: number): string {
  const are = count === 1 ? 'is' : 'are';
  return `${counted(count, 'archive')} ${are} held and not in these facts, for an error of ferryman: report what the journal of the proxy says; it tries again when it is started`;
}

/** Painted words have no width of their own: lines are broken by the words without paint. */
function wrapBar(head: string, parts: readonly BarPart[], { columns }: FleetLook): string[] {
  const lines: string[] = [head];
  let used = head.length;
  for (const [index, { plain, painted }] of parts.entries()) {
    const behind = index < parts.length - 1 ? ' · ' : '';
    const isNew = index > 0 && used + plain.length + behind.length > columns;
    if (isNew) lines.push('  ');
    used = (isNew ? 2 : used) + plain.length + behind.length;
    lines[lines.length - 1] += painted + behind;
  }
  return lines.map((line) => line.trimEnd());
}

interface BarPart {
  readonly plain: string;
  readonly painted: string;
}

function needLines({ needs, needsTotal }: Overview, look: FleetLook): string[] {
  const { paint } = look;
  if (needsTotal === 0) return [paint('good', 'no person is needed')];
  const more = needsTotal - needs.length;
  return [
    paint('strong', 'a person is needed:'),
    ...needs.flatMap((need) => needText(need, look)),
    ...(more > 0 ? [`  and ${more} more: --json, or the page, has them`] : []),
  ];
}

function needText(need: Need, { columns, nowMs }: FleetLook): string[] {
  const rest = need.nodeCount - need.nodes.length;
  const names =
    need.nodes.map(nodeInWords).join(', ') + (rest > 0 && need.nodes.length > 0 ? ` and ${rest} more` : '');
  const since = need.sinceAt === null ? '' : `; ${lastingInWords(need.sinceAt, nowMs)}`;
  const text = `! ${printable(need.text)}${since}${names === '' ? '' : `: ${names}`}`;
  return wrap(text, columns, '    ');
}
