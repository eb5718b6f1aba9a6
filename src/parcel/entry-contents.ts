/**
 * The contents of one entry of a parcel's zip: local header, stored or deflated data, size and CRC. Everything is checked;
 * nothing is taken on trust from the headers but how much room to give.
 *
 * A small entry comes whole; a middling deflated one too, but is inflated on another core; a large one comes in pieces, so
 * memory stays bounded for any size.
 * Spec: docs/format.md §4.
 */
import type { TransformOptions } from 'node:stream';
import { promisify } from 'node:util';
import { crc32, createInflateRaw, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { FerrymanError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { checkLocalHeader, dataOffset, type ZipEntry } from './canonical-zip.ts';
import type { ForwardReader } from './forward-reader.ts';

/**
 * Bytes of a piece that comes out of a large deflated entry, or goes into one. Twice as many, for each of which the C library asks the system, took
 * 15 MiB more for an update of a gigabyte, and no less time.
 */
const pieceBytes = 64 * 1024;
/** Bytes that a large deflated entry may be inflated ahead of who takes them. */
const aheadBytes = 512 * 1024;
/** Inflating is a stream in Node; the types leave out that it takes the options of one. */
const inflateAhead: ZlibOptions & TransformOptions = {
  chunkSize: pieceBytes,
  readableHighWaterMark: aheadBytes,
};
/** Entries up to this size are inflated at once: for so little, handing over to another core takes longer than the work. */
const smallBytes = 64 * 1024;
/** Entries up to this size are held whole: one call inflates them in half the time that a stream takes. */
const wholeBytes = 1024 * 1024;

/** True when an entry is best read by {@link readWhole}. */
export function isSmall(entry: ZipEntry): boolean {
  return isWithin(entry, smallBytes);
}

function isWithin({ size, compressedBytes }: ZipEntry, limit: number): boolean {
  return size <= limit && compressedBytes <= limit;
}

/** The contents of an entry that is small enough to be held with its data, checked; valid until the reader is used again. @throws FerrymanError `zip.*` */
export function readWhole(reader: ForwardReader, entry: ZipEntry): Buffer {
  const data = cutHeader(entry, reader.exactly(entry.offset, wholeLength(entry)));
  if (entry.method === 0) return checkWhole(entry, data);
  try {
    return checkInflated(entry, inflateRawSync(data, inflateOptions(entry)) as unknown as Inflated);
  } catch (error) {
    throw asDamaged(entry, error);
  }
}

/** Passes the contents of a large stored entry on piece by piece, checked when it returns. @throws FerrymanError `zip.*` */
export function copyPieces(reader: ForwardReader, entry: ZipEntry, take: (piece: Buffer) => void): void {
  const begin = dataOffset(entry);
  checkLocalHeader(entry, reader.exactly(entry.offset, begin - entry.offset));
  let crc = 0;
  for (const piece of reader.pieces(begin, entry.compressedBytes)) {
    crc = crc32(piece, crc);
    take(piece);
  }
  checkSums(entry, entry.compressedBytes, crc);
}

/** A deflated entry that another core has begun to inflate. Call {@link close} in any case. */
export interface Inflating {
  /** Passes the contents on, checked when it returns. @throws FerrymanError `zip.*` */
  passOn(take: (piece: Buffer) => void): Promise<void>;
  /** Leaves nothing running. */
  close(): Promise<void>;
}

/** Begins to inflate an entry that is not small. What is wrong with it is thrown where it is passed on. */
export function beginInflating(source: ByteSource, entry: ZipEntry): Inflating {
  return isWithin(entry, wholeBytes) ? new InflatedWhole(source, entry) : new InflatedPieces(source, entry);
}

const inflateAside = promisify(inflateRaw);

/** An entry that is inflated by one call. */
class InflatedWhole implements Inflating {
  readonly #contents: Promise<Buffer>;

  constructor(source: ByteSource, entry: ZipEntry) {
    this.#contents = inflateWhole(source, entry);
    this.#contents.catch(() => undefined); // thrown where the contents are taken
  }

  async passOn(take: (piece: Buffer) => void): Promise<void> {
    take(await this.#contents);
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#contents]);
  }
}

async function inflateWhole(source: ByteSource, entry: ZipEntry): Promise<Buffer> {
  const data = cutHeader(entry, source.read(entry.offset, wholeLength(entry)));
  try {
    return checkInflated(entry, (await inflateAside(data, inflateOptions(entry))) as unknown as Inflated);
  } catch (error) {
    throw asDamaged(entry, error);
  }
}

/** An entry that is inflated by a stream, a little ahead of who takes it. */
class InflatedPieces implements Inflating {
  readonly #entry: ZipEntry;
  readonly #inflate = createInflateRaw(inflateAhead);
  readonly #fed: Promise<void>;

  constructor(source: ByteSource, entry: ZipEntry) {
    this.#entry = entry;
    this.#inflate.on('error', () => undefined); // thrown where the pieces are taken
    this.#fed = this.#feed(source);
  }

  async passOn(take: (piece: Buffer) => void): Promise<void> {
    const entry = this.#entry;
    let size = 0;
    let crc = 0;
    try {
      for await (const piece of this.#inflate as AsyncIterable<Buffer>) {
        size += piece.length;
        if (size > entry.size) throw tooMuch(entry);
        crc = crc32(piece, crc);
        take(piece);
      }
    } catch (error) {
      throw asDamaged(entry, error);
    }
    const { bytesWritten } = this.#inflate;
    if (bytesWritten !== entry.compressedBytes) throw trailing(entry, bytesWritten);
    checkSums(entry, size, crc);
  }

  async close(): Promise<void> {
    this.#inflate.destroy();
    await this.#fed;
  }

  async #feed(source: ByteSource): Promise<void> {
    const { offset, compressedBytes } = this.#entry;
    const begin = dataOffset(this.#entry);
    const closed = new Promise((resolve) => this.#inflate.once('close', resolve));
    try {
      checkLocalHeader(this.#entry, source.read(offset, begin - offset));
      for (let done = 0; done < compressedBytes; done += pieceBytes) {
        const piece = source.read(begin + done, Math.min(pieceBytes, compressedBytes - done));
        if (this.#inflate.destroyed) return;
        if (!this.#inflate.write(piece))
          await Promise.race([new Promise((resolve) => this.#inflate.once('drain', resolve)), closed]);
      }
      this.#inflate.end();
    } catch (error) {
      this.#inflate.destroy(error as Error);
    }
  }
}

/** Local header and data together. */
function wholeLength(entry: ZipEntry): number {
  return dataOffset(entry) - entry.offset + entry.compressedBytes;
}

function cutHeader(entry: ZipEntry, bytes: Buffer): Buffer {
  const begin = dataOffset(entry) - entry.offset;
  checkLocalHeader(entry, bytes.subarray(0, begin));
  return bytes.subarray(begin);
}

/** What node:zlib returns with `info: true` (documented; the types leave it out). */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** One byte more than declared, so that too long a stream is seen as such and never held. */
function inflateOptions({ size }: ZipEntry): { maxOutputLength: number; chunkSize: number; info: true } {
  return { maxOutputLength: size + 1, chunkSize: Math.max(64, size + 1), info: true };
}

function checkInflated(entry: ZipEntry, { buffer, engine }: Inflated): Buffer {
  if (engine.bytesWritten !== entry.compressedBytes) throw trailing(entry, engine.bytesWritten);
  return checkWhole(entry, buffer);
}

function checkWhole(entry: ZipEntry, contents: Buffer): Buffer {
  if (contents.length > entry.size) throw tooMuch(entry);
  checkSums(entry, contents.length, crc32(contents));
  return contents;
}

function checkSums(entry: ZipEntry, size: number, crc: number): void {
  if (size !== entry.size) throw damaged(entry, `${entry.size} bytes of contents, found ${size}`);
  if (crc !== entry.crc) throw damaged(entry, `CRC ${hex32(entry.crc)}, found ${hex32(crc)}`);
}

/** An error of zlib in the words of the format; one of whoever reads or takes the bytes stays as it is. */
function asDamaged(entry: ZipEntry, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return error;
  if (error.code === 'ERR_BUFFER_TOO_LARGE') return tooMuch(entry);
  if (!error.code.startsWith('Z_')) return error;
  return new FerrymanError(
    'zip.damaged',
    `entry ${entry.path}: expected a whole deflate stream: ${error.message}`,
    { cause: error },
  );
}

function tooMuch(entry: ZipEntry): FerrymanError {
  return damaged(entry, `${entry.size} bytes of contents, found more`);
}

function trailing(entry: ZipEntry, used: number): FerrymanError {
  return damaged(entry, `a deflate stream of ${entry.compressedBytes} bytes, found it end after ${used}`);
}

function damaged(entry: ZipEntry, expected: string): FerrymanError {
  return new FerrymanError('zip.damaged', `entry ${entry.path}: expected ${expected}`);
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
