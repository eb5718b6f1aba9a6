/** Output of short commands, without Node's streams: to load those takes a tenth of such a command's time. */
import { writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { isSystemError } from '../errors.ts';

/**
 * Writes to the file descriptor `fd` before it returns. What the system does not take (a full pipe that does not block, a reader
 * that has gone) goes to the stream over the same descriptor, which waits or emits the error, and so does all that follows.
 *
 * @param openStream makes or finds that stream; called once at most
 */
export function directOutput(fd: number, openStream: () => Writable): (data: string | Uint8Array) => void {
  let stream: Writable | undefined;
  return (data) => {
    let rest = typeof data === 'string' ? Buffer.from(data) : data;
    if (stream) {
      stream.write(rest);
      return;
    }
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (!isSystemError(error)) throw error;
      stream = openStream();
      stream.write(rest);
    }
  };
}
