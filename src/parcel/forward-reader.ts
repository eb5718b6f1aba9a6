/**
 * Reads a source from front to back through one window that is used again and again: entries stand one after another, so
 * thousands of small ones come with one read, and a large one takes no more memory than a small one.
 */
import type { ByteSource } from './byte-source.ts';

const windowBytes = 256 * 1024;

/** Every buffer that it returns is valid until the next call. */
export class ForwardReader {
  readonly #source: ByteSource;
  readonly #room: Buffer;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.#room = Buffer.allocUnsafe(Math.min(windowBytes, source.size)); // a small parcel needs no more
  }

  /** Exactly `length` bytes from `offset`. @throws as the source does */
  exactly(offset: number, length: number): Buffer {
    const inWindow = this.#inWindow(offset, length);
    if (inWindow.length === length) return inWindow;
    if (length > windowBytes) return this.#source.read(offset, length);
    this.#fill(offset, length);
    return this.#inWindow(offset, length);
  }

  /** The bytes from `offset`, in pieces as they come. @throws as the source does */
  *pieces(offset: number, length: number): Generator<Buffer> {
    for (let done = 0; done < length;) {
      if (this.#inWindow(offset + done, 1).length === 0) this.#fill(offset + done, 1);
      const piece = this.#inWindow(offset + done, length - done);
      done += piece.length;
      yield piece;
    }
  }

  /** What the window holds of a range from its beginning; empty when it does not hold the beginning. */
  #inWindow(offset: number, length: number): Buffer {
    const begin = offset - this.#windowAt;
    return begin < 0 ? Buffer.alloc(0) : this.#window.subarray(begin, begin + length);
  }

  #fill(offset: number, atLeast: number): void {
    const length = Math.max(atLeast, Math.min(windowBytes, this.#source.size - offset));
    this.#window = Buffer.alloc(0); // nothing is to be found in it when reading fails
    this.#window = this.#source.read(offset, length, this.#room);
    this.#windowAt = offset;
  }
}
