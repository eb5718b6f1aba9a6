import { age, inWords as durationInWords, isBehind, type Now } from '../command-line/ages.ts';
import { bytesInWords } from '../command-line/bytes.ts';
import { labelled, lineWidth } from '../command-line/columns.ts';
import { flag, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { painter, type Paint } from '../command-line/paint.ts';
import { howToEnrol, isEnrolled } from '../enrol/is-enrolled.ts';
import { readBootId, readUptimeSeconds } from '../host/process-identity.ts';
import { readLogStatus, type LogStatus } from '../logs/status-facts.ts';
import { loadConfig } from '../node/config.ts';
import { formatRange, type SequenceRange } from '../parcel/sequences.ts';
import { json, layoutOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  const { logs } = loadConfig(layout);
  const enrolled = isEnrolled(layout);
  const { status, now } = withLedger(layout, (ledger) => ({
    status: readLogStatus(ledger, logs, { bootId: readBootId(), uptimeSeconds: readUptimeSeconds() }),
    now: { clockMs: Date.now(), floor: ledger.fact('time-floor') ?? null },
  }));
  if (flag(input, 'json')) json(io, { ...statusJson(status), enrolled });
  else io.out(statusText({ ...status, enrolled }, now, { columns: lineWidth(io), paint: painter(io) }));
  return 0;
}

function statusJson({ gaps, voids, oldestWaiting, lastPacked, ...rest }: LogStatus): object {
  return {
    schema: 'ferryman.logs-status/1',
    ...rest,
    oldestWaiting: oldestWaiting?.sequence ?? null,
    gaps: gaps.map(formatRange),
    voids: voids.map(formatRange),
    lastPackedAt: lastPacked?.at ?? null,
  };
}

/** Ranges that are shown; the others are counted. */
const shownRanges = 8;

function statusText(
  status: LogStatus & { readonly enrolled: boolean },
  now: Now,
  { columns, paint }: { readonly columns: number; readonly paint: Paint },
): string {
  const { waiting, incarnation, lastSequence, deliveredUpTo, gaps, voids } = status;
  const archives = waiting.short.archives + waiting.long.archives;
  const rows: (readonly [label: string, text: string])[] = [
    ['archives', incarnation === null ? noneText(status) : `${lastSequence}, incarnation ${incarnation}`],
    ['waiting', archives === 0 ? 'none' : waitingText(status, now)],
    ['delivered', deliveredUpTo === 0 ? 'none yet' : `all up to ${deliveredUpTo}`],
    ...(gaps.length === 0 ? [] : [['gaps', `${rangesText(gaps)} not delivered, later ones were`] as const]),
    ...(voids.length === 0
      ? []
      : [
          [
            'lost',
            `${rangesText(voids)}: never built, or dropped undelivered; declared to the office`,
          ] as const,
        ]),
    ['packed', packedText(status, now)],
    ['next', status.enrolled ? nextText(status) : `when this node is enrolled: ${howToEnrol}`],
  ];
  return rows
    .flatMap(([label, text]) => {
      const [first = '', ...others] = labelled(label.padEnd(11), text, columns);
      return [paint('strong', first.slice(0, label.length)) + first.slice(label.length), ...others];
    })
    .map((line) => `${line}\n`)
    .join('');
}

function noneText({ enrolled }: { readonly enrolled: boolean }): string {
  return enrolled ? 'none was made yet' : 'none was made: this node is not enrolled, so no log goes home';
}

function waitingText({ waiting, oldestWaiting }: LogStatus, now: Now): string {
  const parts = (['short', 'long'] as const).flatMap((kind) =>
    waiting[kind].archives === 0
      ? []
      : [`${waiting[kind].archives} ${kind} (${bytesInWords(waiting[kind].bytes)})`],
  );
  const since = oldestWaiting && age(oldestWaiting.at, now);
  const oldest = oldestWaiting
    ? `; the oldest is ${oldestWaiting.sequence}${since ? `, made ${since}` : ''}`
    : '';
  return parts.join(', ') + oldest;
}

function packedText({ lastPacked }: LogStatus, now: Now): string {
  if (!lastPacked) return 'never';
  return age(lastPacked.at, now) ?? `${lastPacked.at} by a clock that ${isBehind(now) ? 'is' : 'was'} wrong`;
}

function nextText({ nextInSeconds }: LogStatus): string {
  if (nextInSeconds === null) return 'never: logs.enabled is false';
  return nextInSeconds === 0
    ? 'now, when ferryman is running'
    : `in ${durationInWords(nextInSeconds)}, when ferryman is running`;
}

function rangesText(ranges: readonly SequenceRange[]): string {
  const shown = ranges.slice(0, shownRanges).map(formatRange).join(', ');
  const more = ranges.length - shownRanges;
  return more > 0 ? `${shown} and ${counted(more, 'range')} more` : shown;
}
