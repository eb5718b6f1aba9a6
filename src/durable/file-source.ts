/** A parcel file as a byte source. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FerrymanError, isSystemError } from '../errors.ts';
import type { ByteSource } from '../parcel/byte-source.ts';

/** Whether the last part of a path may be a symbolic link: yes where a person names the file, no where others put it. */
export type Links = 'follow' | 'refuse';

/**
 * Opens a regular file for reading.
 *
 * @throws FerrymanError `source.missing`, `source.unreadable`
 */
export function openRegularFile(path: string, links: Links): number {
  let fd;
  try {
    fd = openSync(
      path,
      constants.O_RDONLY | constants.O_NONBLOCK | (links === 'refuse' ? constants.O_NOFOLLOW : 0),
    );
  } catch (error) {
    if (isSystemError(error, 'ENOENT'))
      throw new FerrymanError('source.missing', `${path}: expected a file, found nothing`, { cause: error });
    if (error instanceof Error)
      throw new FerrymanError(
        'source.unreadable',
        `${path}: expected a readable regular file: ${error.message}`,
        { cause: error },
      );
    throw error;
  }
  if (!fstatSync(fd).isFile()) {
    closeSync(fd);
    throw new FerrymanError('source.unreadable', `${path}: expected a regular file, found something else`);
  }
  return fd;
}

/** Reads what there is, at most until the buffer is full. A medium that fails is a fault of this file alone. */
function readAt(fd: number, buffer: Buffer, offset: number): number {
  try {
    return readSync(fd, buffer, 0, buffer.length, offset);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new FerrymanError('source.unreadable', `expected to read on at byte ${offset}: ${error.message}`, {
      cause: error,
    });
  }
}

/** Positioned reads of an open file. The caller closes it. */
export class FileSource implements ByteSource {
  readonly #fd: number;
  readonly size: number;

  constructor(fd: number) {
    this.#fd = fd;
    this.size = fstatSync(fd).size;
  }

  read(offset: number, length: number, room = Buffer.allocUnsafe(length)): Buffer {
    const bytes = room.subarray(0, length);
    let done = 0;
    while (done < length) {
      const count = readAt(this.#fd, bytes.subarray(done), offset + done);
      if (count === 0)
        throw new FerrymanError(
          'zip.damaged',
          `expected ${length} bytes at ${offset}, found the end of the file`,
        );
      done += count;
    }
    return bytes;
  }
}

/** Runs `use` with an open file and closes it whatever happens. */
export async function withFile<Result>(
  path: string,
  links: Links,
  use: (fd: number) => Promise<Result> | Result,
): Promise<Result> {
  const fd = openRegularFile(path, links);
  try {
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}

/** Chunks read before other work gets a turn: progress, signals, the watchdog. */
const chunksPerTurn = 16;

/** The chunks of an open file from its beginning. Each is valid until the next is asked for. @throws FerrymanError `source.unreadable` */
export async function* fileChunks(fd: number, chunkBytes = 1024 * 1024): AsyncGenerator<Buffer> {
  // A small file gets a small buffer: a thousand large ones, of as many files, are more work for the garbage collector than all the rest.
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, fstatSync(fd).size + 1));
  for (let offset = 0, chunks = 1; ; chunks++) {
    const count = readAt(fd, buffer, offset);
    if (count === 0) return;
    offset += count;
    yield buffer.subarray(0, count);
    if (chunks % chunksPerTurn === 0) await nextTurn();
  }
}
