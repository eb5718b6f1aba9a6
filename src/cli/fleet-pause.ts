import { flag, text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { usageError } from '../command-line/values.ts';
import { pauseEnd } from '../fleet/pause-end.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import { atFleet } from './fleet-desk.ts';
import { nodeInWords } from './fleet-words.ts';
import { json } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [who = ''] = input.args;
  const until = untilOf(input, Date.now());
  const node = await atFleet(input, io, ({ change }) => change.pause(who, until));
  const pausedUntil = until === null ? null : formatTimestamp(until);
  if (flag(input, 'json')) json(io, { schema: 'ferryman.fleet-pause/1', ...node, pausedUntil });
  else
    io.out(
      pausedUntil === null
        ? `${nodeInWords(node)} is expected again\n`
        : `nothing is expected of ${nodeInWords(node)} until ${pausedUntil}\n`,
    );
  return 0;
}

/** @returns milliseconds since 1970; `null`: not paused any more. @throws FerrymanError `usage.invalid` */
function untilOf(input: Input, nowMs: number): number | null {
  const typed = text(input, 'until');
  if (flag(input, 'end')) {
    if (typed !== undefined) throw usageError('expected --until or --end, found both');
    return null;
  }
  if (typed === undefined)
    throw usageError('expected --until with a day like 2026-12-01 or how long like 30d, or --end');
  return pauseEnd(typed, nowMs);
}
