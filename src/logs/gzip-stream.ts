/** What is inside a log file that rotation has compressed with gzip, read without unpacking it to the disk. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isSystemError } from '../errors.ts';
import { markBytes, marksOf, type Marks } from './content-marks.ts';

/** Uncompressed bytes that are looked through at most: a bomb among the logs must not keep a node busy. */
const maxUnpackedBytes = 4 * 1024 ** 3;

export function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** The pieces of what is inside. Ends early, by a system or zlib error, where the file is damaged. */
export async function* gunzipped(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  const flow = pipeline(file, gunzip);
  flow.catch(() => undefined); // thrown below
  try {
    yield* gunzip as AsyncIterable<Buffer>;
    await flow;
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

/** The first bytes; fewer where there are no more, or the file is damaged. */
export async function gunzipHead(path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of gunzipped(path)) {
      pieces.push(piece.subarray(0, markBytes));
      bytes += piece.length;
      if (bytes >= markBytes) break;
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  return Buffer.concat(pieces).subarray(0, markBytes);
}

/** Whether a file is no sound gzip, or gone: it is treated as any other file then. */
function isDamage(error: unknown): boolean {
  return isSystemError(error) || (error instanceof Error && 'code' in error && 'errno' in error);
}

export interface Inside {
  /** Marks at the offset that was asked for; `undefined`: there are fewer bytes. */
  readonly at: Marks | undefined;
  /** Marks at the end: its offset is the length. */
  readonly end: Marks;
}

/** Reads all that is inside; `undefined` where it is damaged or endless. */
export async function lookInside(path: string, offset: number): Promise<Inside | undefined> {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let length = 0;
  let at = offset === 0 ? marksOf(0, head, tail) : undefined;
  try {
    for await (const piece of gunzipped(path)) {
      if (head.length < markBytes) head = Buffer.concat([head, piece.subarray(0, markBytes - head.length)]);
      if (at === undefined && length + piece.length >= offset)
        at = marksOf(offset, head, Buffer.concat([tail, piece.subarray(0, offset - length)]));
      length += piece.length;
      if (length > maxUnpackedBytes) return undefined;
      tail = Buffer.concat([tail, piece.subarray(-markBytes)]).subarray(-markBytes);
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    return undefined;
  }
  return { at, end: marksOf(length, head, tail) };
}
