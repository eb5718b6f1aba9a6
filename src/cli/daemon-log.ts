/**
 * The daemon's own log: one line per event on standard error, for the journal, a file or a terminal; or one JSON document per event.
 */
import type { Io } from '../command-line/io.ts';
import type { ControllerEvent } from '../controller/context.ts';
import type { Config } from '../node/config/read-config.ts';
import { printable } from '../parcel/printable.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';

/** Gravest first, with the priorities of sd-daemon(3). */
const priorities: Readonly<Record<ControllerEvent['level'], number>> = {
  error: 3,
  warning: 4,
  info: 6,
  debug: 7,
};

/** @returns what writes an event, unless it is below the configured level */
export function daemonLog({ level, format }: Config['log'], io: Io): (event: ControllerEvent) => void {
  const write = format === 'json' ? jsonLine : io.stderrIsJournal ? journalLine : textLine;
  return (event) => {
    if (priorities[event.level] <= priorities[level])
      io.err(`${write(event, formatTimestamp(Date.now()))}\n`);
  };
}

function textLine(event: ControllerEvent, time: string): string {
  return `${time} ${event.level.padEnd(7)} ${sentence(event)}`;
}

/** The journal keeps time and priority itself. */
function journalLine(event: ControllerEvent): string {
  return `<${priorities[event.level]}>${sentence(event)}`;
}

function jsonLine({ level, subject, text, digest, fileHash }: ControllerEvent, time: string): string {
  return JSON.stringify({ schema: 'ferryman.event/1', time, level, subject, text, digest, fileHash });
}

/** What happened, on one line. File names in it may be anything. */
function sentence({ subject, text }: ControllerEvent): string {
  const lines = text.split('\n').map((line) => printable(line.trim()));
  return `${printable(subject)}: ${lines.join('; ')}`;
}
