/** Where short logs go. A sink takes a text for good or throws; the outbox keeps what was not taken. */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder, writeAll } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';
import type { OutboxRow } from '../ledger/rows.ts';

/** What a sink is given: whose outcome it is, and the words. */
export type ShortLog = Pick<OutboxRow, 'sequence' | 'state' | 'text' | 'createdAt'>;

export interface ShortLogSink {
  readonly name: string;
  /** @throws FerrymanError `report.failed` */
  send(message: ShortLog): void;
}

/** Appends lines of time, sequence, state and text to a file, durably. */
export function fileSink(path: string): ShortLogSink {
  return {
    name: 'file',
    send: ({ createdAt, sequence, state, text }) => {
      try {
        const fd = openSync(
          path,
          constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
          0o640,
        );
        const { size } = fstatSync(fd);
        try {
          writeAll(fd, Buffer.from(`${createdAt} ${sequence ?? '?'} ${state}: ${text}\n`));
          fsyncSync(fd);
          syncFolder(dirname(path)); // the first text makes the file, and its name must last too
        } catch (error) {
          ftruncateSync(fd, size); // a text that a full disk cut short must not run into the next one
          throw error;
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
