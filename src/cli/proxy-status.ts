import { flag, type Input } from '../command-line/command.ts';
import { bytesInWords } from '../command-line/bytes.ts';
import { lineWidth, table, wrap } from '../command-line/columns.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { painter, type Paint } from '../command-line/paint.ts';
import { loadConfig } from '../node/config.ts';
import { formatRange } from '../parcel/sequences.ts';
import { lateDays } from '../proxy/gaps.ts';
import { checkIsProxy } from '../proxy/check-role.ts';
import { proxyPlaces } from '../proxy/places.ts';
import { readStanding, type IncarnationStanding, type ProxyStanding } from '../proxy/standing.ts';
import { json, layoutOf } from './options.ts';

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  checkIsProxy(layout, loadConfig(layout));
  const lateSince = new Date(Date.now() - lateDays * 86_400_000).toISOString();
  const standing = readStanding(proxyPlaces(layout), (since) => since > lateSince);
  if (flag(input, 'json')) json(io, { schema: 'ferryman.proxy-status/1', ...standingJson(standing) });
  else io.out(standingText(standing, lineWidth(io), painter(io)));
  return 0;
}

function standingJson({ epoch, incarnations, ...rest }: ProxyStanding): object {
  return {
    epoch: epoch?.epoch ?? null,
    number: epoch?.number ?? 0,
    suspended: epoch?.suspended ?? null,
    ...rest,
    incarnations: incarnations.map(({ gaps, forks, ...one }) => ({
      ...one,
      gaps: gaps.map(({ first, last, state, since }) => ({
        state,
        sequences: formatRange({ first, last }),
        since,
      })),
      forks: forks.map(({ sequence, digest, kept, firstAt, times }) => ({
        sequence,
        digest: digest.toString('hex'),
        kept: kept === 1,
        firstAt,
        times,
      })),
    })),
  };
}

function standingText(standing: ProxyStanding, columns: number, paint: Paint): string {
  const { incarnations, refused } = standing;
  const lines = verdictLines(standing).flatMap(([style, line]) =>
    wrap(line, columns, '  ').map((one) => paint(style, one)),
  );
  const refusedLines = refused.flatMap(({ code, times, reason }) =>
    wrap(`refused ${times} times, ${code}; the last: ${reason}`, columns, '  '),
  );
  if (incarnations.length === 0) return [...lines, ...refusedLines, ''].join('\n');
  const heading = ['NODE', 'LAST HEARD (UTC)', 'NEWEST', 'ARCHIVES', 'SIZE', 'NOTES'];
  const cells = incarnations.map((one) => [
    one.origin.slice(0, 13),
    one.lastAt.slice(0, 16).replace('T', ' '),
    String(one.newest),
    String(one.archives),
    bytesInWords(one.bytes),
    shortNotes(one),
  ]);
  const [first = '', ...rows] = table([heading, ...cells], columns, new Set([2, 3]));
  return [
    ...lines,
    '',
    paint('faint', first),
    ...incarnations.flatMap((one, index) => [
      rows[index] ?? '',
      ...details(one).flatMap((line) => wrap(`  ${line}`, columns, '    ')),
    ]),
    ...(refused.length > 0 ? ['', ...refusedLines] : []),
    '',
  ].join('\n');
}

function verdictLines({
  epoch,
  unacknowledged,
  incarnations,
}: ProxyStanding): ['good' | 'bad' | 'note', string][] {
  const archives = incarnations.reduce((sum, one) => sum + one.archives, 0);
  const bytes = incarnations.reduce((sum, one) => sum + one.bytes, 0);
  const held = `${counted(archives, 'archive')} of ${counted(new Set(incarnations.map(({ origin }) => origin)).size, 'node')}, ${bytesInWords(bytes)}`;
  const told = epoch ? `acknowledged up to number ${epoch.number}` : 'nothing was acknowledged yet';
  return [
    ['good', `${held}; ${told}`],
    ...(epoch?.suspended ? [['bad', `nothing is acknowledged: ${epoch.suspended}`] as ['bad', string]] : []),
    ...(unacknowledged.length > 0
      ? [
          ['note', `not acknowledged yet: what is new in ${counted(unacknowledged.length, 'shard')}`] as [
            'note',
            string,
          ],
        ]
      : []),
  ];
}

function shortNotes({ gaps, forks, unreadable, waiting }: IncarnationStanding): string {
  const count = (state: string): number =>
    gaps.filter((gap) => gap.state === state).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const notes = [
    [count('late'), 'late'],
    [count('missing'), 'missing'],
    [count('lost'), 'lost'],
    [forks.length, 'forked'],
    [unreadable.length, 'unreadable'],
    [waiting, 'waiting'],
  ] as const;
  return notes
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(', ');
}

/** Ranges of one kind that are told one by one. */
const maxTold = 5;

function some<One>(all: readonly One[], tell: (one: One) => string): string[] {
  const more = all.length > maxTold ? [`and ${all.length - maxTold} more: see --json`] : [];
  return [...all.slice(0, maxTold).map(tell), ...more];
}

function details({ gaps, forks, unreadable, incarnation }: IncarnationStanding): string[] {
  const lines = [
    ...some(
      gaps.filter(({ state }) => state !== 'lost'),
      ({ first, last, state, since }) =>
        `${state}: ${formatRange({ first, last })}, expected since ${since.slice(0, 10)}`,
    ),
    ...some(
      gaps.filter(({ state }) => state === 'lost'),
      ({ first, last }) => `lost: ${formatRange({ first, last })}, dropped by the node for want of room`,
    ),
    ...some(
      forks,
      ({ sequence, digest, times }) =>
        `forked: ${sequence} also came as ${digest.toString('hex', 0, 8)}, ${counted(times, 'time')}`,
    ),
    ...some(unreadable, ({ sequence, reason }) => `unreadable: ${sequence}, ${reason}`),
  ];
  return lines.length === 0 ? [] : [`incarnation ${incarnation}`, ...lines];
}
