/** What a short log says: the script's own words, or a line made from the outcome. */
import { readSideFile } from '../run/side-file.ts';
import { toShortLog } from './gsm7.ts';

/** Bytes of a short-log file that are looked at: more than 160 characters ever need. */
const maxBytes = 4096;

/** The script's short log if it wrote one, else the outcome; at most 160 GSM-7 characters. */
export function composeShortLog(
  shortLogFile: string | undefined,
  outcome: { readonly reason: string; readonly title: string },
): string {
  const own =
    shortLogFile === undefined
      ? ''
      : toShortLog(readSideFile(shortLogFile, 'first', maxBytes)?.bytes.toString() ?? '');
  return own === '' ? toShortLog(`${outcome.reason} (${outcome.title})`) : own;
}
