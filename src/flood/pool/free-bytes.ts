/** The room on a disk, in bytes; for files as well as for what is in them. */
import { statfsSync, type StatsFs } from 'node:fs';

/** What a file takes of a disk at least: a block. */
const fileBytes = 4096;

/** The room on the disk of a folder. A disk that has room for few files more has none for what is in them. */
export function freeBytesOf(folder: string): number {
  return freeBytesIn(statfsSync(folder));
}

/** Some file systems count no files. */
export function freeBytesIn({
  bavail,
  bsize,
  files,
  ffree,
}: Omit<StatsFs, 'type' | 'blocks' | 'bfree'>): number {
  const free = bavail * bsize;
  return files === 0 ? free : Math.min(free, ffree * fileBytes);
}
