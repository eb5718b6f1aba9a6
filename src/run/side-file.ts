/** Files that a script could lay hands on: read bounded, never through links, never a pipe; what cannot be read is nothing. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isSystemError } from '../errors.ts';

export interface SideFile {
  readonly bytes: Buffer;
  /** Bytes before those that were read. */
  readonly skipped: number;
}

/** The first or the last `maxBytes` of a regular file; `undefined` when there is no such file, or it cannot be read. */
export function readSideFile(path: string, part: 'first' | 'last', maxBytes: number): SideFile | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) return undefined;
      const bytes = Buffer.alloc(Math.min(stat.size, maxBytes));
      const skipped = part === 'last' ? stat.size - bytes.length : 0;
      return { bytes: bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, skipped)), skipped };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}
