import { closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../durable/write-file.ts';

/** Brings files that another program has written, and their names, to the disk. */
export function syncFiles(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const fd = openSync(join(folder, name), 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
  syncFolder(folder);
}
