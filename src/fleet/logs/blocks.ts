/**
 * A log in blocks of whole lines: a plain file from its end, since what is new stands there; a compressed one from its beginning, since there
 * is no other way. A line longer than a block is cut where the block ends, so that memory has a bound whatever the file holds.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The first block is small, so that the newest lines are told at once. */
const firstBytes = 1024 * 1024;
export const maxBlockBytes = 8 * 1024 * 1024;

const newline = 10;

export interface Block {
  readonly bytes: Buffer;
  /** Where it begins in the log, without compression. */
  readonly at: number;
  /** How much of the file on the disk is behind us with it. */
  readonly looked: number;
}

/**
 * From the end to the beginning. A block is valid until the next is asked for: the one after it is read meanwhile, and two buffers take turns.
 *
 * @param size what the file had when it was listed; what came since is not looked at
 */
export async function* blocksFromEnd(path: string, size: number): AsyncGenerator<Block> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const room = [1, 2].map(() => Buffer.allocUnsafeSlow(Math.min(size, maxBlockBytes)));
  try {
    let wanted = firstBytes;
    let next = readBefore(file, room, { end: size, wanted });
    for (let end = size; end > 0;) {
      const { bytes: read, start } = await next;
      // What stands before the first line's beginning belongs to a line that begins further to the front.
      const cut = start === 0 ? 0 : read.indexOf(newline) + 1;
      const at = cut === read.length ? start : start + cut;
      wanted = Math.min(maxBlockBytes, wanted * 2);
      next = readBefore(file, room, { end: at, wanted });
      next.catch(() => undefined); // it is told where it is waited for
      yield { bytes: read.subarray(at - start), at, looked: size - at };
      end = at;
    }
  } finally {
    await file.close();
  }
}

interface Range {
  readonly end: number;
  readonly wanted: number;
}

/** @param room buffers, of which the first is taken and put behind the others */
async function readBefore(
  file: FileHandle,
  room: Buffer[],
  { end, wanted }: Range,
): Promise<{ readonly bytes: Buffer; readonly start: number }> {
  const start = Math.max(0, end - wanted);
  const whole = room.shift() ?? Buffer.alloc(0);
  room.push(whole);
  const bytes = whole.subarray(0, end - start);
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done);
    if (bytesRead === 0) break; // it has become shorter
    done += bytesRead;
  }
  return { bytes: bytes.subarray(0, done), start };
}

/** From the beginning to the end. @throws Error of zlib when the file ends too early or is damaged; what came before was given */
export async function* blocksOfGzip(path: string, maxBytes: number): AsyncGenerator<Block> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const source = file.createReadStream();
  const inflated = createGunzip({ chunkSize: 256 * 1024 });
  pipeline(source, inflated, () => undefined); // its error comes out of the loop
  const gathered = new Gathered();
  try {
    for await (const chunk of inflated as AsyncIterable<Buffer>) {
      gathered.add(chunk);
      if (gathered.bytes < maxBlockBytes) continue;
      yield { ...gathered.takeLines(), looked: source.bytesRead };
      if (gathered.at >= maxBytes) return;
    }
    if (gathered.bytes > 0) yield { ...gathered.takeAll(), looked: source.bytesRead };
  } catch (error) {
    if (gathered.bytes > 0) yield { ...gathered.takeAll(), looked: source.bytesRead };
    throw error;
  } finally {
    source.destroy();
    inflated.destroy();
  }
}

/** What has been inflated and not given yet. */
class Gathered {
  #pieces: Buffer[] = [];
  bytes = 0;
  /** Where it begins. */
  at = 0;

  add(chunk: Buffer): void {
    this.#pieces.push(chunk);
    this.bytes += chunk.length;
  }

  /** Up to the last newline; all, where there is none. */
  takeLines(): Omit<Block, 'looked'> {
    const all = Buffer.concat(this.#pieces);
    return this.#take(all, all.lastIndexOf(newline) + 1 || all.length);
  }

  takeAll(): Omit<Block, 'looked'> {
    return this.#take(Buffer.concat(this.#pieces), this.bytes);
  }

  #take(all: Buffer, length: number): Omit<Block, 'looked'> {
    const at = this.at;
    this.at += length;
    this.bytes -= length;
    this.#pieces = length === all.length ? [] : [all.subarray(length)];
    return { bytes: all.subarray(0, length), at };
  }
}
