/** Copies of open files, as durable as what write-file.ts writes. */
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { fileChunks } from './file-source.ts';
import { partPath, renameDurably, syncWhole, writeAll } from './write-file.ts';

/** Copies an open file from its beginning; a file of that name is replaced. @throws system errors, with nothing left behind */
export async function copyDurably(from: number, path: string, mode: number): Promise<void> {
  const part = partPath(path);
  try {
    const fd = openSync(
      part,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      mode,
    );
    try {
      let bytes = 0;
      for await (const chunk of fileChunks(from)) {
        writeAll(fd, chunk);
        bytes += chunk.length;
      }
      syncWhole(fd, bytes);
    } finally {
      closeSync(fd);
    }
    renameDurably(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
