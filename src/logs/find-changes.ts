/**
 * What of the log files has not gone into an archive yet: by device and inode and by marks of their contents, so that rotation by rename, copy,
 * truncation or compression neither loses nor repeats anything. Changes nothing.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../errors.ts';
import type { LogStream } from '../ledger/log-streams.ts';
import { holds, markBytes, readUpTo, shortHash } from './content-marks.ts';
import { gunzipHead, isGzip, lookInside } from './gzip-stream.ts';
import type { LogFile, Skips } from './list-files.ts';

/** Bytes of one stream that stand in a file and go into an archive. */
export interface Increment {
  readonly stream: number;
  readonly file: LogFile;
  /** The bytes are compressed in the file. */
  readonly isUnpacked: boolean;
  /** Within the stream. */
  readonly from: number;
  readonly to: number;
  /** Where what is there ends: beyond `to`, where the increment was cut. */
  readonly end: number;
}

export interface Changes {
  /** In the order in which they were written: what was changed longest ago first. */
  readonly increments: readonly Increment[];
  /** Known streams of which nothing is new, where their file has another name, place or time of change by now. */
  readonly moved: readonly LogStream[];
  /** Those whose file is as it was. */
  readonly unchanged: readonly number[];
  readonly skipped: Skips;
}

/** A line that is being written is left for the next archive: a line feed is looked for in so many bytes. */
export const lineBytes = 64 * 1024;

interface Fresh {
  readonly file: LogFile;
  readonly head: Buffer;
}

export async function findChanges(
  folder: string,
  files: readonly LogFile[],
  known: readonly LogStream[],
  nextStream: number,
): Promise<Changes> {
  const finder = new Finder(folder, known, nextStream);
  for (const file of files) finder.lookAtKnown(file);
  await finder.placeFresh();
  const { increments, moved, unchanged, skipped } = finder;
  return {
    increments: increments.toSorted(
      (a, b) => compare(BigInt(a.file.mtime), BigInt(b.file.mtime)) || compare(a.file.path, b.file.path),
    ),
    moved,
    unchanged,
    skipped,
  };
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

class Finder {
  readonly increments: Increment[] = [];
  readonly moved: LogStream[] = [];
  readonly unchanged: number[] = [];
  readonly skipped: Skips = {};
  readonly #folder: string;
  readonly #byInode: ReadonlyMap<string, LogStream>;
  /** Streams whose file is not found by its inode: their contents may stand in another file. */
  readonly #orphans: Map<number, LogStream>;
  readonly #fresh: Fresh[] = [];
  #nextStream: number;

  constructor(folder: string, known: readonly LogStream[], nextStream: number) {
    this.#folder = folder;
    // Of several that were seen at one inode the newest counts.
    this.#byInode = new Map(known.map((one) => [`${one.device}:${one.inode}`, one]));
    this.#orphans = new Map(known.map((one) => [one.stream, one]));
    this.#nextStream = nextStream;
  }

  lookAtKnown(file: LogFile): void {
    const stream = this.#byInode.get(`${file.device}:${file.inode}`);
    const isUntouched = stream !== undefined && stream.size === file.size && stream.mtime === file.mtime;
    if (isUntouched && (stream.isUnpacked || stream.offset === file.size)) {
      this.#orphans.delete(stream.stream);
      if (stream.path === file.path) this.unchanged.push(stream.stream);
      else this.moved.push({ ...stream, path: file.path });
      return;
    }
    const seen = withOpen(this.#folder, file, (fd, size) => ({
      size,
      head: readUpTo(fd, 0, markBytes),
      goesOn: stream !== undefined && !stream.isUnpacked && size >= stream.offset && holds(fd, stream),
      end: endOfLines(fd, size, isUntouched),
    }));
    if (typeof seen === 'string') {
      this.skipped[seen] = (this.skipped[seen] ?? 0) + 1;
      if (stream) this.#orphans.delete(stream.stream);
      return;
    }
    if (stream && seen.goesOn) {
      this.#orphans.delete(stream.stream);
      this.#goOn(stream, file, seen.end);
    } else if (seen.size > 0) this.#fresh.push({ file, head: seen.head });
  }

  /** Files without a known stream: perhaps one that has moved. Those that were known by the same name come first. */
  async placeFresh(): Promise<void> {
    const paths = new Set([...this.#orphans.values()].map(({ path }) => path));
    const order = (one: Fresh): number => (paths.has(one.file.path.replace(/\.gz$/, '')) ? 0 : 1);
    for (const fresh of this.#fresh.toSorted((a, b) => order(a) - order(b))) {
      if (isGzip(fresh.head) && (await this.#placeCompressed(fresh))) continue;
      if (!isGzip(fresh.head) && this.#placeMoved(fresh)) continue;
      this.#addWhole(fresh.file);
    }
  }

  /** `true`: the file is one that rotation has copied, or that stands on another device number since. */
  #placeMoved({ file, head }: Fresh): boolean {
    const candidates = this.#candidates(head).filter(
      (one) => !one.isUnpacked && one.offset > 0 && one.offset <= file.size,
    );
    const found = withOpen(this.#folder, file, (fd, size) => {
      const stream = candidates.find((one) => one.offset <= size && holds(fd, one));
      return stream && { stream, end: endOfLines(fd, size, false) };
    });
    if (typeof found !== 'object') return false;
    this.#orphans.delete(found.stream.stream);
    this.#goOn(found.stream, file, found.end);
    return true;
  }

  /** `true`: what is in the file begins with a known stream; what comes after it goes into the archive. */
  async #placeCompressed({ file }: Fresh): Promise<boolean> {
    const path = join(this.#folder, file.path);
    for (const stream of this.#candidates(await gunzipHead(path)).filter((one) => one.offset > 0)) {
      const inside = await lookInside(path, stream.offset);
      if (!inside?.at || inside.at.headHash !== stream.headHash || inside.at.tailHash !== stream.tailHash)
        continue;
      this.#orphans.delete(stream.stream);
      const { offset: to } = inside.end;
      if (to === stream.offset)
        this.moved.push({ ...stream, ...placeOf(file), ...inside.end, isUnpacked: true });
      else
        this.increments.push({
          stream: stream.stream,
          file,
          isUnpacked: true,
          from: stream.offset,
          to,
          end: to,
        });
      return true;
    }
    return false;
  }

  /** The longest first: of two with one beginning, the one of which more is there. */
  #candidates(head: Buffer): LogStream[] {
    const hashes = new Map<number, string>();
    const headHash = (bytes: number): string => {
      const known = hashes.get(bytes) ?? shortHash(head.subarray(0, bytes));
      hashes.set(bytes, known);
      return known;
    };
    return [...this.#orphans.values()]
      .filter((one) => one.headBytes <= head.length && headHash(one.headBytes) === one.headHash)
      .toSorted((a, b) => b.offset - a.offset);
  }

  #goOn(stream: LogStream, file: LogFile, end: number): void {
    if (end > stream.offset)
      this.increments.push({
        stream: stream.stream,
        file,
        isUnpacked: false,
        from: stream.offset,
        to: end,
        end,
      });
    else this.moved.push({ ...stream, ...placeOf(file), isUnpacked: false });
  }

  #addWhole(file: LogFile): void {
    const end = withOpen(this.#folder, file, (fd, size) => endOfLines(fd, size, false));
    if (typeof end === 'string') {
      this.skipped[end] = (this.skipped[end] ?? 0) + 1;
    } else if (end > 0) {
      this.increments.push({ stream: this.#nextStream, file, isUnpacked: false, from: 0, to: end, end });
      this.#nextStream += 1;
    }
  }
}

/** What a stream remembers of its file. */
export function placeOf({
  path,
  device,
  inode,
  size,
  mtime,
}: LogFile): Pick<LogStream, 'path' | 'device' | 'inode' | 'size' | 'mtime'> {
  return { path, device, inode, size, mtime };
}

/** @returns what `use` does, or why there is nothing to look at: by now another file may have the name */
export function withOpen<Result>(
  folder: string,
  { path, device, inode }: LogFile,
  use: (fd: number, size: number) => Result,
): Result | 'vanished' | 'unreadable' {
  let fd;
  try {
    fd = openSync(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) return 'vanished';
    if (isSystemError(error)) return 'unreadable';
    throw error;
  }
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (String(stat.dev) !== device || String(stat.ino) !== inode) return 'vanished';
    return use(fd, Number(stat.size));
  } catch (error) {
    if (isSystemError(error, 'EIO', 'EACCES', 'ESTALE')) return 'unreadable';
    throw error;
  } finally {
    closeSync(fd);
  }
}

const compressed = [
  Buffer.from([0x1f, 0x8b]),
  Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), // xz
  Buffer.from('BZh'),
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), // zstd
];

/**
 * Where to stop in a file that somebody may be writing: behind its last whole line, if it has lines.
 *
 * @param isSettled nothing was written since it was looked at before: it ends where it ends
 */
function endOfLines(fd: number, size: number, isSettled: boolean): number {
  if (isSettled || size === 0) return size;
  const from = Math.max(0, size - lineBytes);
  const end = readUpTo(fd, from, size - from);
  const head = readUpTo(fd, 0, 8);
  const isText =
    !end.includes(0) && !compressed.some((magic) => head.subarray(0, magic.length).equals(magic));
  const last = isText ? end.lastIndexOf(0x0a) : -1;
  return last === -1 ? size : from + last + 1;
}
