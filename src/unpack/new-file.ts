/** Creates files of a tree. A function of its own text: a worker is given it as text, without anything around it. */
import type * as fs from 'node:fs';

/** Creates a file that is not there yet and follows no link; its mode is exact. Returns its descriptor. */
export type OpenNew = (path: string, mode: number) => number;
/** The same with its whole contents. */
export type WriteNew = (path: string, mode: number, contents: Uint8Array) => void;

/** Uses nothing but its argument. */
export function newFilesBy({ openSync, fstatSync, fchmodSync, writeSync, closeSync, constants }: typeof fs): {
  readonly openNew: OpenNew;
  readonly writeNew: WriteNew;
} {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const unmasked = new Set<number>(); // modes of which this process's umask is known to take nothing
  const openNew: OpenNew = (path, mode) => {
    const fd = openSync(path, flags, mode);
    if (!unmasked.has(mode)) {
      if ((fstatSync(fd).mode & 0o7777) === mode) unmasked.add(mode);
      else fchmodSync(fd, mode); // whatever the umask
    }
    return fd;
  };
  const writeNew: WriteNew = (path, mode, contents) => {
    const fd = openNew(path, mode);
    try {
      for (let done = 0; done < contents.length;) done += writeSync(fd, contents, done);
    } finally {
      closeSync(fd);
    }
  };
  return { openNew, writeNew };
}
