/** What a short log says: the script's own words, or a line made from the outcome. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { toShortLog } from './gsm7.ts';

/** Bytes of a short-log file that are looked at: more than 160 characters ever need. */
const maxBytes = 4096;

/** The script's short log if it wrote one, else the outcome; at most 160 GSM-7 characters. */
export function composeShortLog(
  shortLogFile: string | undefined,
  outcome: { readonly reason: string; readonly title: string },
): string {
  const own = shortLogFile === undefined ? '' : toShortLog(readStart(shortLogFile));
  return own === '' ? toShortLog(`${outcome.reason} (${outcome.title})`) : own;
}

/** The script may have made anything at that name: only a regular file is read, and only its beginning. */
function readStart(path: string): string {
  let fd;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return ''; // it wrote none
  }
  try {
    if (!fstatSync(fd).isFile()) return '';
    const bytes = Buffer.alloc(maxBytes);
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, maxBytes, 0));
  } finally {
    closeSync(fd);
  }
}
