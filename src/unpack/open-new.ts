/** Creates files of a tree. */
import type * as fs from 'node:fs';

/** Creates a file that is not there yet and follows no link; its mode is exact. Returns its descriptor. */
export type OpenNew = (path: string, mode: number) => number;

/** Uses nothing but its argument: a worker is given it as text, without anything around it. */
export function openNewBy({ openSync, fstatSync, fchmodSync, constants }: typeof fs): OpenNew {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const unmasked = new Set<number>(); // modes of which this process's umask is known to take nothing
  return (path, mode) => {
    const fd = openSync(path, flags, mode);
    if (!unmasked.has(mode)) {
      if ((fstatSync(fd).mode & 0o7777) === mode) unmasked.add(mode);
      else fchmodSync(fd, mode); // whatever the umask
    }
    return fd;
  };
}
