/** Writes increments of log files as a compressed tar: one entry each, under the name that the file has at this moment. Constant memory. */
import { once } from 'node:events';
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import type { LogStream } from '../ledger/log-streams.ts';
import { compressInto, type Compression } from './compressor.ts';
import { markBytes, marksOf, readMarks } from './content-marks.ts';
import { lineBytes, placeOf, withOpen, type Increment } from './find-changes.ts';
import { gunzipped } from './gzip-stream.ts';

/** Why an archive is begun anew: a file was truncated while it was read, or the archive got too large. */
export class BuildAgain extends Error {
  override readonly name = 'BuildAgain';
  readonly why: 'changed' | 'too-large';

  constructor(why: 'changed' | 'too-large') {
    super(`the archive must be built again: ${why}`);
    this.why = why;
  }
}

export interface TarOrder {
  /** The folder of logs. */
  readonly folder: string;
  readonly increments: readonly Increment[];
  /** A file with what the journal gave; `undefined`: nothing. */
  readonly journal: string | undefined;
  readonly compression: Compression;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface WrittenTar {
  readonly bytes: number;
  readonly rawBytes: number;
  /** How the streams stand when this is delivered; what has vanished meanwhile is not among them. */
  readonly streams: readonly LogStream[];
  /** Of each of them, which bytes are in. */
  readonly entries: readonly TarEntry[];
}

/** A line of `logs.jsonl`. */
export interface TarEntry {
  readonly path: string;
  readonly stream: number;
  readonly offset: number;
  readonly bytes: number;
}

const chunkBytes = 256 * 1024;

/** @throws BuildAgain; FerrymanError `logs.compress`, `logs.disk-full`; system errors */
export async function writeTar(file: string, order: TarOrder): Promise<WrittenTar> {
  const compressor = compressInto(file, order.compression, order.signal);
  const writer = new TarWriter(compressor.input, () => {
    if (sizeOf(file) > order.maxBytes) throw new BuildAgain('too-large');
  });
  const streams: LogStream[] = [];
  const entries: TarEntry[] = [];
  try {
    for (const increment of order.increments) {
      order.signal.throwIfAborted();
      const written = increment.isUnpacked
        ? await writeUnpacked(writer, order.folder, increment)
        : await writePlain(writer, order.folder, increment);
      if (!written) continue;
      const { stream, offset: end } = written;
      streams.push(written);
      entries.push({ path: pathOf(increment), stream, offset: increment.from, bytes: end - increment.from });
    }
    if (order.journal !== undefined) await writeJournal(writer, order.journal);
    await writer.end();
    await compressor.done;
  } catch (error) {
    compressor.abort();
    await compressor.done.catch((cause: unknown) => {
      // What ended the compressor explains a broken pipe better than the pipe does.
      if (!(error instanceof BuildAgain)) throw cause;
    });
    throw error;
  }
  const bytes = sizeOf(file);
  if (bytes > order.maxBytes) throw new BuildAgain('too-large');
  return { bytes, rawBytes: writer.bytes, streams, entries };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** What a compressed rotation would be called if it were not compressed. */
function pathOf({ file, isUnpacked }: Increment): string {
  return `var/log/${isUnpacked ? file.path.replace(/\.gz$/, '') : file.path}`;
}

interface Entry {
  readonly name: string;
  readonly size: number;
  readonly mtime: Date;
}

class TarWriter {
  readonly #pack: Pack = pack();
  readonly #flow: Promise<void>;
  readonly #check: () => void;
  bytes = 0;

  /** @param check called now and then */
  constructor(out: Writable, check: () => void) {
    this.#check = check;
    this.#pack.on('error', () => undefined); // told by the flow
    this.#flow = pipeline(this.#pack as AsyncIterable<Buffer>, out);
    this.#flow.catch(() => undefined);
  }

  async entry(
    { name, size, mtime }: Entry,
    contents: AsyncIterable<Buffer> | Iterable<Buffer>,
  ): Promise<void> {
    const entry = this.#pack.entry({ name, size, mtime, mode: 0o640, type: 'file' });
    entry.on('error', () => undefined);
    let written = 0;
    for await (const chunk of contents) {
      written += chunk.length;
      this.#check();
      if (!entry.write(chunk)) await Promise.race([once(entry, 'drain'), this.#flow]);
    }
    if (written !== size) throw new BuildAgain('changed');
    entry.end();
    this.bytes += size;
  }

  async end(): Promise<void> {
    this.#pack.finalize();
    await this.#flow;
  }
}

/** `undefined`: the file has gone. */
async function writePlain(
  writer: TarWriter,
  folder: string,
  increment: Increment,
): Promise<LogStream | undefined> {
  const { file, from, stream } = increment;
  const fd = openAgain(folder, increment);
  if (fd === undefined) return undefined;
  try {
    if (fstatSync(fd).size < increment.to) throw new BuildAgain('changed');
    const to = wholeLines(fd, increment);
    await writer.entry(entryOf(increment, to - from), pieces(fd, from, to));
    const marks = readMarks(fd, to);
    if (!marks) throw new BuildAgain('changed');
    return { stream, ...placeOf(file), isUnpacked: false, ...marks };
  } finally {
    closeSync(fd);
  }
}

function openAgain(folder: string, { file }: Increment): number | undefined {
  const isThere = withOpen(folder, file, () => true);
  if (isThere !== true) return undefined;
  const fd = openSync(
    join(folder, file.path),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  if (String(fstatSync(fd, { bigint: true }).ino) === file.inode) return fd;
  closeSync(fd);
  return undefined;
}

/** Where a file is cut for want of room it is cut behind a line, if it has lines. */
function wholeLines(fd: number, { from, to, file }: Increment): number {
  if (to >= file.size || to - from <= lineBytes) return to;
  const end = Buffer.allocUnsafe(lineBytes);
  const count = readSync(fd, end, 0, lineBytes, to - lineBytes);
  const last = end.subarray(0, count).includes(0) ? -1 : end.subarray(0, count).lastIndexOf(0x0a);
  return last === -1 ? to : to - lineBytes + last + 1;
}

function entryOf(increment: Increment, size: number): Entry {
  return {
    name: pathOf(increment),
    size,
    mtime: new Date(Number(BigInt(increment.file.mtime) / 1_000_000n)),
  };
}

function* pieces(fd: number, from: number, to: number): Generator<Buffer> {
  for (let at = from; at < to;) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, to - at)); // its own: the tar may hold it for a while
    const count = readSync(fd, chunk, 0, chunk.length, at);
    if (count === 0) return;
    at += count;
    yield chunk.subarray(0, count);
  }
}

/** The part of what is inside a compressed rotation that no archive has. */
async function writeUnpacked(
  writer: TarWriter,
  folder: string,
  increment: Increment,
): Promise<LogStream | undefined> {
  const { file, from, to, end, stream } = increment;
  if (withOpen(folder, file, () => true) !== true) return undefined;
  let at = 0;
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  async function* wanted(): AsyncGenerator<Buffer> {
    for await (const piece of gunzipped(join(folder, file.path))) {
      const part = piece.subarray(0, Math.max(0, to - at));
      if (head.length < markBytes) head = Buffer.concat([head, part.subarray(0, markBytes - head.length)]);
      tail = Buffer.concat([tail, part.subarray(-markBytes)]).subarray(-markBytes);
      if (at + part.length > from) yield part.subarray(Math.max(0, from - at));
      at += part.length;
      if (at >= to) return;
    }
  }
  await writer.entry(entryOf(increment, to - from), wanted());
  // Where something is left it must be looked into again: a time of change that no file has makes sure of that.
  const place = to < end ? { ...placeOf(file), mtime: '' } : placeOf(file);
  return { stream, ...place, isUnpacked: true, ...marksOf(to, head, tail) };
}

async function writeJournal(writer: TarWriter, file: string): Promise<void> {
  const fd = openSync(file, constants.O_RDONLY);
  try {
    const { size, mtime } = fstatSync(fd);
    await writer.entry({ name: 'journal.export', size, mtime }, pieces(fd, 0, size));
  } finally {
    closeSync(fd);
  }
}
