/**
 * Fetches named files from a neighbour's offer into a staging folder, by rsync: never a push, never a comparison of whole folders.
 * The neighbour names nothing: what was not asked for is not looked at.
 */
import { execa } from 'execa';
import { FerrymanError } from '../../errors.ts';
import { systemPath } from '../../host/system-path.ts';
import { printable } from '../../parcel/printable.ts';
import { below } from './staging.ts';
import { lastLine, start, type Talk } from './talk.ts';

/** 39 security fixes of 2026 are in it, one of them of a way out of rrsync's folder. */
const leastVersion = [3, 5, 0] as const;

/** Without a byte for so long, the neighbour is gone. */
const silenceSeconds = 30;
/** Address space of rsync: a neighbour may name one file that was asked for over and over, and each time takes room in its list. */
const maxMemoryBytes = 256 * 1024 * 1024;
/** Between two looks at how much has come. */
const watchMs = 1000;
/** Names that may come for each that was asked for: folders, and what is not whole yet. */
const namesForEach = 8;

/** Files of one kind that are fetched at once. */
export interface Batch {
  /** Paths in the offer. */
  readonly wanted: readonly string[];
  /** Of one file. */
  readonly maxFileBytes: number;
  /** Of all together; more ends it. */
  readonly maxBytes: number;
}

export interface Fetching extends Talk {
  /** Program and arguments of ssh, up to the host. */
  readonly ssh: readonly string[];
  /** GUID. */
  readonly node: string;
  readonly timeoutMs: number;
}

/**
 * Fetches what it can.
 *
 * @returns why it stopped, `contact.busy` or `contact.cut`; `undefined`: everything has come, or is not there any more. What has come whole
 *   stands in the folder in any case
 */
export async function fetchBatch(
  { wanted, maxFileBytes, maxBytes }: Batch,
  fetching: Fetching,
): Promise<FerrymanError | undefined> {
  const rsync = [
    'prlimit',
    `--fsize=${maxFileBytes}`,
    `--as=${maxMemoryBytes}`,
    'rsync',
    // The endpoint takes no other options: src/endpoint/asked.ts. Not recursive, and no folders: with either a sender could put any number
    // of files below a name that was asked for. So rsync refuses every name that is not in the list.
    '-tR',
    '--no-dirs',
    '--files-from=-',
    '--from0',
    '--rsync-path=pull',
    '--partial-dir=.partial',
    `--max-size=${maxFileBytes}`,
    `--timeout=${silenceSeconds}`,
    '--no-links',
    '--no-devices',
    '--no-specials',
    '--chmod=D700,F600',
    '--ignore-existing',
    '-e',
    fetching.ssh.map(quote).join(' '),
    `${fetching.node}:.`,
    '.',
  ];
  const running = start(rsync, fetching, {
    input: wanted.map((path) => `${path}\0`).join(''),
    maxOutput: 1024 * 1024,
    timeoutMs: fetching.timeoutMs,
  });
  let isTooMuch = false;
  const before = below(fetching.folder);
  // rsync refuses what was not asked for, but what comes before it knows the list slips through now and then: names are counted too.
  const watch = setInterval(() => {
    const { bytes, names } = below(fetching.folder);
    isTooMuch ||= bytes - before.bytes > maxBytes || names - before.names > namesForEach * wanted.length;
    if (isTooMuch) running.end('SIGKILL');
  }, watchMs);
  const told = await running.ended;
  clearInterval(watch);
  fetching.signal.throwIfAborted();
  if (told.isTooLoud) return cut('it complained without an end');
  if (isTooMuch)
    return cut(`more came than the ${wanted.length} files of ${maxBytes} bytes that were expected`);
  if (told.timedOut) return cut('its time was up');
  // 23 and 24: some files are not there any more, which is nobody's fault.
  if (told.exitCode === 0 || told.exitCode === 23 || told.exitCode === 24) return undefined;
  if (told.said.includes('[endpoint.busy]'))
    return new FerrymanError('contact.busy', 'expected to be served, found it serving enough others');
  return cut(`rsync ended with status ${told.exitCode ?? 'of a signal'}: ${printable(lastLine(told.said))}`);
}

function cut(why: string): FerrymanError {
  return new FerrymanError('contact.cut', why);
}

/** rsync takes its remote shell apart at spaces, and knows quotes. */
function quote(word: string): string {
  return /^[\w./:@=+-]+$/.test(word) ? word : `'${word.replaceAll("'", "''")}'`;
}

/** @throws FerrymanError `flood.rsync`: there is none that may be used */
export async function checkRsync(): Promise<void> {
  const { stdout } = await execa('rsync', ['--version'], {
    env: { PATH: systemPath },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  const [, ...found] = /^rsync +version v?(\d+)\.(\d+)\.(\d+)/.exec(stdout) ?? [];
  if (isAtLeast(found.map(Number))) return;
  const what = found.length === 0 ? 'none' : found.join('.');
  throw new FerrymanError(
    'flood.rsync',
    `rsync: expected version ${leastVersion.join('.')} or later, found ${what}`,
  );
}

function isAtLeast(version: readonly number[]): boolean {
  for (const [index, least] of leastVersion.entries()) {
    const part = version[index] ?? -1;
    if (part !== least) return part > least;
  }
  return true;
}
