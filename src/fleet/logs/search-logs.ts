/**
 * Looks through the readable logs of one node, the newest file first and each from its end, and tells what it finds while it goes on: hits,
 * how far it has looked, and at the end why it stopped. Holds two blocks in memory, whatever the logs are.
 */
import { FerrymanError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';
import { blocksFromEnd, blocksOfGzip, type Block } from './blocks.ts';
import { listLogFiles, type LogFile } from './log-files.ts';
import { matcherFor, type LineRange, type Matcher, type Wanted } from './matchers.ts';

/** What a compressed log may become; more is told as not looked at. */
const maxInflatedBytes = 4 * 1024 ** 3;
/** Of a line, around what was found. */
const maxLineBytes = 2000;

export interface LogHit {
  readonly kind: 'hit';
  readonly incarnation: string;
  readonly path: string;
  /** Where the line begins in the log, in bytes without compression. */
  readonly offset: number;
  /** Harmless on a terminal; at most 2,000 bytes of the line. */
  readonly text: string;
  readonly isCut: boolean;
}

export interface LogProgress {
  readonly kind: 'progress';
  /** Bytes on the disk. */
  readonly looked: number;
  readonly total: number;
  /** The file that is being looked at. */
  readonly path: string;
}

export interface LogSearchEnd {
  readonly kind: 'end';
  /** `all`: everything was looked at. */
  readonly why: 'all' | 'limit' | 'deadline' | 'stopped';
  readonly hits: number;
  readonly looked: number;
  readonly total: number;
  readonly files: number;
  /** Files that were not looked at to their end, and why. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
}

export type LogFinding = LogHit | LogProgress | LogSearchEnd;

export interface LogSearch extends Wanted {
  /** The node's folder of readable logs: `…/unpacked/<GUID>`. */
  readonly folder: string;
  /** Only files whose path holds this; `''`: all. */
  readonly file: string;
  /** Hits to tell. */
  readonly limit: number;
  /** Aborted: it ends at the next block. */
  readonly stop: AbortSignal;
  /** Ends it too; 0: none. */
  readonly deadlineMs: number;
}

/** What one file adds. */
interface Counters {
  hits: number;
  looked: number;
  readonly total: number;
  readonly skipped: { readonly path: string; readonly why: string }[];
}

/** @throws FerrymanError as `matcherFor`, also while it goes on. The last finding is the one end */
export async function* searchLogs(search: LogSearch): AsyncGenerator<LogFinding> {
  const matcher = await matcherFor(search);
  const deadline = search.deadlineMs > 0 ? AbortSignal.timeout(search.deadlineMs) : undefined;
  const signal = deadline ? AbortSignal.any([search.stop, deadline]) : search.stop;
  const files = listLogFiles(search.folder, search.file);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const counters: Counters = { hits: 0, looked: 0, total, skipped: [] };
  for (const file of files) {
    if (signal.aborted || counters.hits >= search.limit) break;
    yield* searchFile(file, { ...search, matcher, signal, counters });
  }
  const { hits, looked, skipped } = counters;
  const cut = search.stop.aborted ? 'stopped' : deadline?.aborted ? 'deadline' : 'all';
  const why = hits >= search.limit ? 'limit' : cut;
  yield {
    kind: 'end',
    why,
    hits,
    looked: why === 'all' ? total : looked,
    total,
    files: files.length,
    skipped,
  };
}

interface Working {
  readonly limit: number;
  readonly matcher: Matcher;
  readonly signal: AbortSignal;
  readonly counters: Counters;
}

async function* searchFile(file: LogFile, working: Working): AsyncGenerator<LogHit | LogProgress> {
  const { counters } = working;
  const before = counters.looked;
  const foreign = /\.(?:xz|zst|bz2|lz4|zip)$/.test(file.path);
  if (foreign) skip(counters, file, new Error('compressed in a way that is not read here'));
  else
    try {
      yield* file.path.endsWith('.gz') ? searchGzip(file, working) : searchPlain(file, working);
    } catch (error) {
      if (error instanceof FerrymanError || !(error instanceof Error)) throw error;
      skip(counters, file, error);
    }
  if (!working.signal.aborted && counters.hits < working.limit) counters.looked = before + file.bytes;
}

async function* searchPlain(file: LogFile, working: Working): AsyncGenerator<LogHit | LogProgress> {
  const { counters, limit, matcher, signal } = working;
  const before = counters.looked;
  for await (const block of blocksFromEnd(file.file, file.bytes)) {
    if (signal.aborted) return;
    const lines = await matcher(block.bytes, limit - counters.hits, signal);
    for (const line of lines.toReversed()) {
      counters.hits++;
      yield hitOf(file, block, line);
    }
    counters.looked = before + block.looked;
    yield { kind: 'progress', looked: counters.looked, total: counters.total, path: file.path };
    if (counters.hits >= limit) return;
  }
}

/** The newest hits of a compressed log are known at its end: so many are kept as may be told. */
async function* searchGzip(file: LogFile, working: Working): AsyncGenerator<LogHit | LogProgress> {
  const { counters, limit, matcher, signal } = working;
  const before = counters.looked;
  const room = limit - counters.hits;
  let newest: LogHit[] = [];
  let end = 0;
  try {
    for await (const block of blocksOfGzip(file.file, maxInflatedBytes)) {
      if (signal.aborted) break;
      const lines = await matcher(block.bytes, room, signal);
      newest = [...newest, ...lines.map((line) => hitOf(file, block, line))].slice(-room);
      end = block.at + block.bytes.length;
      counters.looked = before + Math.min(block.looked, file.bytes);
      yield { kind: 'progress', looked: counters.looked, total: counters.total, path: file.path };
    }
    if (end >= maxInflatedBytes)
      skip(counters, file, new Error(`it is longer than ${maxInflatedBytes} bytes`));
  } catch (error) {
    if (error instanceof FerrymanError || !(error instanceof Error)) throw error;
    skip(counters, file, error); // what was found before it broke off is told
  }
  counters.hits += newest.length;
  yield* newest.toReversed();
}

/** Gone meanwhile, cut off, or damaged: the others go on. */
function skip({ skipped }: Counters, { path }: LogFile, { message }: Error): void {
  skipped.push({ path, why: printable(message) });
}

function hitOf({ incarnation, path }: LogFile, { bytes, at }: Block, { start, end }: LineRange): LogHit {
  const isCut = end - start > maxLineBytes;
  const text = bytes.toString('utf8', start, isCut ? start + maxLineBytes : end);
  return {
    kind: 'hit',
    incarnation,
    path,
    offset: at + start,
    text: printable(text.replaceAll('\t', ' ').trimEnd()),
    isCut,
  };
}
