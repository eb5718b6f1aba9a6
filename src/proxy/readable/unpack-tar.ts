/** What stands in the compressed tar of an archive, under the names under which it is to be read. Its origin may mean harm: `readTar` sees to that. */
import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeAll } from '../../durable/write-file.ts';
import { FerrymanError } from '../../errors.ts';
import { chooseCompression, decompress } from '../../logs/compressor.ts';
import { readTar } from '../../logs/read-tar.ts';
import { nameForReading } from './name-for-reading.ts';

/**
 * @param tar `….tar.zst` or `….tar.gz`
 * @throws FerrymanError `logs.refused`, `proxy.unreadable`: it can never be unpacked; `proxy.no-zstd`; system errors of writing
 */
export async function unpackTar(tar: string, folder: string): Promise<void> {
  const compression = tar.endsWith('.zst') ? 'zstd' : 'gzip';
  if (compression === 'zstd' && chooseCompression('auto') !== 'zstd')
    throw new FerrymanError('proxy.no-zstd', `${tar}: expected zstd on this machine, found none`);
  try {
    await readTar(decompress(tar, compression), ({ path }, pieces) =>
      append(join(folder, nameForReading(path)), pieces),
    );
  } catch (error) {
    // zstd is here, and this is what the archive was signed with: another try finds the same.
    if (error instanceof FerrymanError && error.code === 'logs.compress')
      throw new FerrymanError('proxy.unreadable', error.message, { cause: error });
    throw error;
  }
}

/** Several files of a tar may go into one: what rotation has moved, and what came after it. */
async function append(target: string, pieces: AsyncIterable<Buffer>): Promise<void> {
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const fd = openSync(
    target,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    for await (const piece of pieces) writeAll(fd, piece);
  } finally {
    closeSync(fd);
  }
}
