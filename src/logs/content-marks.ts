/** What the contents of a log file are recognised by, wherever rotation has moved them: hashes of the beginning and of what stood before an offset. */
import { hash } from 'node:crypto';
import { readSync } from 'node:fs';

/** Bytes at the beginning, and before the offset, that are hashed. */
export const markBytes = 1024;

export interface Marks {
  readonly offset: number;
  readonly headBytes: number;
  readonly headHash: string;
  readonly tailHash: string;
}

export function shortHash(bytes: Buffer): string {
  return hash('sha256', bytes).slice(0, 32);
}

/** @param head the first bytes, at least as many as are marked @param tail the ones before the offset */
export function marksOf(offset: number, head: Buffer, tail: Buffer): Marks {
  const headBytes = Math.min(offset, markBytes);
  return {
    offset,
    headBytes,
    headHash: shortHash(head.subarray(0, headBytes)),
    tailHash: shortHash(tail.subarray(Math.max(0, tail.length - Math.min(offset, markBytes)))),
  };
}

/** Marks of an open file up to an offset; `undefined` when it is shorter. */
export function readMarks(fd: number, offset: number): Marks | undefined {
  const length = Math.min(offset, markBytes);
  const head = readUpTo(fd, 0, length);
  const tail = readUpTo(fd, offset - length, length);
  return head.length < length || tail.length < length ? undefined : marksOf(offset, head, tail);
}

/** Whether an open file begins with a stream as far as it went into archives. */
export function holds(fd: number, { offset, headBytes, headHash, tailHash }: Marks): boolean {
  if (shortHash(readUpTo(fd, 0, headBytes)) !== headHash) return false;
  const length = Math.min(offset, markBytes);
  const tail = readUpTo(fd, offset - length, length);
  return tail.length === length && shortHash(tail) === tailHash;
}

/** Fewer bytes where the file ends. */
export function readUpTo(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, bytes, done, length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
