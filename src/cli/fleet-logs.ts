import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bytesInWords } from '../command-line/bytes.ts';
import { counted } from '../command-line/counted.ts';
import { flag, text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { painter } from '../command-line/paint.ts';
import { duration, wholeNumber } from '../command-line/values.ts';
import {
  searchLogs,
  type LogFinding,
  type LogProgress,
  type LogSearchEnd,
} from '../fleet/logs/search-logs.ts';
import { FerrymanError } from '../errors.ts';
import { printable } from '../parcel/printable.ts';
import { proxyPlaces } from '../proxy/places.ts';
import { atFleet } from './fleet-desk.ts';

/** @throws FerrymanError `fleet.no-logs`. @returns 0: found; 1: looked at everything, found nothing; 75: stopped before the end, found nothing */
export async function run(input: Input, io: Io): Promise<number> {
  const [who = ''] = input.args;
  const folder = await atFleet(input, io, async ({ ask, layout, nowMs }) => {
    const { guid } = await ask.node(who, nowMs);
    const logs = join(proxyPlaces(layout).unpacked, guid);
    if (existsSync(logs)) return logs;
    throw new FerrymanError(
      'fleet.no-logs',
      `${logs}: expected the logs of ${printable(who)}, found none on this machine`,
    );
  });
  const deadline = text(input, 'deadline');
  const findings = searchLogs({
    folder,
    text: text(input, 'grep') ?? '',
    isPattern: flag(input, 'regexp'),
    ignoreCase: flag(input, 'ignoreCase'),
    file: text(input, 'file') ?? '',
    limit: wholeNumber('--limit', text(input, 'limit') ?? '', 1),
    stop: io.stop,
    deadlineMs: deadline === undefined ? 0 : duration('--deadline', deadline) * 1000,
  });
  const end = flag(input, 'json') ? await tellLines(findings, io) : await tellWords(findings, io);
  if (end === undefined || end.hits > 0) return 0;
  return end.why === 'all' ? 1 : 75;
}

/** A line for each finding, as it is found: a search may take long. */
async function tellLines(findings: AsyncIterable<LogFinding>, io: Io): Promise<LogSearchEnd | undefined> {
  for await (const finding of findings) {
    if (finding.kind !== 'progress')
      io.out(`${JSON.stringify({ schema: 'ferryman.fleet-logs/1', ...finding })}\n`);
    if (finding.kind === 'end') return finding;
  }
  return undefined;
}

async function tellWords(findings: AsyncIterable<LogFinding>, io: Io): Promise<LogSearchEnd | undefined> {
  const paint = painter(io);
  let path = '';
  for await (const finding of findings) {
    if (finding.kind === 'progress') tellProgress(finding, io);
    else if (finding.kind === 'end') {
      clearProgress(io);
      io.err(`${endInWords(finding)}\n`);
      return finding;
    } else {
      clearProgress(io);
      if (finding.path !== path) io.out(`${paint('faint', `${finding.path}:`)}\n`);
      path = finding.path;
      io.out(`${finding.text}${finding.isCut ? '…' : ''}\n`);
    }
  }
  return undefined;
}

function tellProgress({ looked, total, path }: LogProgress, io: Io): void {
  if (!io.stderrIsTerminal) return;
  io.err(`\r\u001b[Klooked at ${bytesInWords(looked)} of ${bytesInWords(total)}: ${path.slice(-40)}`);
}

function clearProgress(io: Io): void {
  if (io.stderrIsTerminal) io.err('\r\u001b[K');
}

function endInWords({ why, hits, looked, total, files, skipped }: LogSearchEnd): string {
  const far = `looked at ${bytesInWords(looked)} of ${bytesInWords(total)} in ${counted(files, 'file')}`;
  const reasons = {
    all: '',
    limit: '; there may be more: --limit',
    deadline: '; the time was over',
    stopped: '; stopped',
  };
  const left = skipped.map((one) => `\nnot looked at to its end: ${one.path}: ${one.why}`).join('');
  return `${counted(hits, 'line')}; ${far}${reasons[why]}${left}`;
}
