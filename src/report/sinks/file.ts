/** Appends lines of time, sequence, state and text to a file, durably; a file that has grown too long is set aside under another name. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder, writeAll } from '../../durable/write-file.ts';
import { isSystemError } from '../../errors.ts';
import { failedToSend, type ShortLog, type ShortLogSink } from './sink.ts';

/** `short.log.1` to `short.log.3` stand beside the file that is written. */
const oldFiles = 3;

export interface FileSinkSettings {
  readonly name: string;
  readonly path: string;
  readonly maxMegabytes: number;
}

export function fileSink({ name, path, maxMegabytes }: FileSinkSettings): ShortLogSink {
  return {
    name,
    send: async (message) => {
      try {
        if (sizeOf(path) >= maxMegabytes * 1024 * 1024) rotate(path);
        append(path, message);
      } catch (error) {
        throw failedToSend(path, `expected to append a short log: ${(error as Error).message}`, error);
      }
    },
  };
}

function append(path: string, { createdAt, sequence, state, text }: ShortLog): void {
  const fd = openSync(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    0o640,
  );
  const stat = fstatSync(fd);
  const line = Buffer.from(`${createdAt} ${sequence ?? '?'} ${state}: ${text}\n`);
  try {
    if (!stat.isFile()) throw new Error('expected a regular file');
    writeAll(fd, line);
    fsyncSync(fd);
    syncFolder(dirname(path)); // the first text makes the file, and its name must last too
  } catch (error) {
    if (stat.isFile()) ftruncateSync(fd, stat.size); // a text that a full disk cut short must not run into the next one
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Cut at any point, nothing but the oldest file is lost. What cannot be set aside stays: the text itself is worth more. */
function rotate(path: string): void {
  for (let age = oldFiles; age > 0; age--) {
    try {
      renameSync(age === 1 ? path : `${path}.${age - 1}`, `${path}.${age}`);
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
