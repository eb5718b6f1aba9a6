/**
 * Fetches named files from a neighbour's offer into a staging folder, by rsync: never a push, never a comparison of whole folders.
 * The neighbour names nothing: what was not asked for is not looked at.
 */
import { execa } from 'execa';
import { FerrymanError } from '../../errors.ts';
import { systemPath } from '../../host/system-path.ts';
import { printable } from '../../parcel/printable.ts';
import { below, type Below } from './staging.ts';
import { lastLine, start, type Running, type Talk } from './talk.ts';

/** 39 security fixes of 2026 are in it, one of them of a way out of rrsync's folder. */
const leastVersion = [3, 5, 0] as const;

/** Without a byte for so long, the neighbour is gone. */
const silenceSeconds = 30;
/** Address space of rsync: a neighbour may name one file that was asked for over and over, and each time takes room in its list. */
const maxMemoryBytes = 256 * 1024 * 1024;
/** Between two looks at how much has come. */
const watchMs = 1000;

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
 * The first name in every list, which no offer has: rsync holds what the other side sends against the list as far as it knows it, and while
 * it knows nothing of it, everything would do.
 */
const notThere = 'none';

/** Names that may come for each that was asked for: folders, and what is not whole yet. */
const namesForEach = 8;

/**
 * An rsync that stands by on both sides until it is told what to fetch: to start it takes longer than a small parcel, so it is started
 * while the neighbour still says what it has.
 *
 * rsync refuses what was not asked for, but a sender who is very early slips through now and then, with a list that is handed over at once
 * too. So it is watched: nothing may come before it was asked for, and no more than was asked for afterwards.
 */
export class StandingFetch {
  readonly #fetching: Fetching;
  readonly #maxFileBytes: number;
  readonly #running: Running;
  readonly #before: Below;
  /** That may have come by now. */
  #room: Below = { bytes: 0, names: 0 };
  #isTooMuch = false;
  #tell: (list: string) => void = () => undefined;
  #hasEnded = false;

  /** @param maxFileBytes of one file, whatever is asked for later */
  constructor(fetching: Fetching, maxFileBytes: number) {
    this.#fetching = fetching;
    this.#maxFileBytes = maxFileBytes;
    this.#before = below(fetching.folder);
    this.#running = start(rsyncFor(fetching, maxFileBytes), fetching, {
      input: `${notThere}\0`,
      moreInput: new Promise((resolve) => (this.#tell = resolve)),
      maxOutput: 1024 * 1024,
      timeoutMs: fetching.timeoutMs,
    });
    const watch = setInterval(() => this.#watch(), watchMs);
    void this.#running.ended.finally(() => {
      clearInterval(watch);
      this.#hasEnded = true;
    });
  }

  #watch(): void {
    const { bytes, names } = below(this.#fetching.folder);
    this.#isTooMuch ||=
      bytes - this.#before.bytes > this.#room.bytes || names - this.#before.names > this.#room.names;
    if (this.#isTooMuch) this.#running.end('SIGKILL');
  }

  /**
   * False when it has ended by itself, has let in what nobody asked for, or lets in smaller files only. Where it lets larger ones in, the
   * bound of the batch must do.
   */
  isFor({ maxFileBytes }: Batch): boolean {
    this.#watch();
    return !this.#hasEnded && !this.#isTooMuch && maxFileBytes <= this.#maxFileBytes;
  }

  /**
   * Fetches what it can, once.
   *
   * @returns why it stopped, `contact.busy` or `contact.cut`; `undefined`: everything has come, or is not there any more. What has come
   *   whole stands in the folder in any case
   */
  async fetch({ wanted, maxBytes }: Batch): Promise<FerrymanError | undefined> {
    this.#room = { bytes: maxBytes, names: namesForEach * wanted.length };
    this.#tell(wanted.map((path) => `${path}\0`).join(''));
    const told = await this.#running.ended;
    this.#fetching.signal.throwIfAborted();
    if (told.isTooLoud) return cut('it complained without an end');
    if (this.#isTooMuch) return cut(`more came than the ${maxBytes} bytes that were expected`);
    if (told.timedOut) return cut('its time was up');
    // 23 and 24: some files are not there any more, which is nobody's fault.
    if (told.exitCode === 0 || told.exitCode === 23 || told.exitCode === 24) return undefined;
    if (told.said.includes('[endpoint.busy]'))
      return new FerrymanError('contact.busy', 'expected to be served, found it serving enough others');
    return cut(
      `rsync ended with status ${told.exitCode ?? 'of a signal'}: ${printable(lastLine(told.said))}`,
    );
  }

  /** Ends it, whatever it is at; harmless afterwards. */
  async end(): Promise<void> {
    if (!this.#hasEnded) this.#running.end('SIGKILL');
    await this.#running.ended;
  }
}

/** The one that stands by, where it will do; else it ends, for it takes the place of another neighbour there, and a new one is started. */
export async function fetchFor(
  batch: Batch,
  fetching: Fetching,
  standing: StandingFetch | undefined,
): Promise<StandingFetch> {
  if (standing?.isFor(batch)) return standing;
  await standing?.end();
  return new StandingFetch(fetching, batch.maxFileBytes);
}

function rsyncFor({ ssh, node }: Fetching, maxFileBytes: number): string[] {
  return [
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
    ssh.map(quote).join(' '),
    `${node}:.`,
    '.',
  ];
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
