/** Where short logs go. A sink takes a text for good or throws; the outbox keeps what was not taken. */
import { closeSync, constants, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder, writeAll } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';

export interface ShortLogSink {
  readonly name: string;
  /** @throws FerrymanError `report.failed` */
  send(text: string, at: string): void;
}

/** Appends `time text` lines to a file, durably. */
export function fileSink(path: string): ShortLogSink {
  return {
    name: 'file',
    send: (text, at) => {
      try {
        const fd = openSync(
          path,
          constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
          0o640,
        );
        try {
          writeAll(fd, Buffer.from(`${at} ${text}\n`));
          fsyncSync(fd);
          syncFolder(dirname(path)); // the first text makes the file, and its name must last too
        } finally {
          closeSync(fd);
        }
      } catch (error) {
        throw new FerrymanError(
          'report.failed',
          `${path}: expected to append a short log: ${(error as Error).message}`,
          { cause: error },
        );
      }
    },
  };
}
