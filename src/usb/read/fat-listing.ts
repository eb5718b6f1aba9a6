/** What `mdir -a` prints, line by line. Every byte of a name in it was chosen by whoever made the stick. */
import { FerrymanError } from '../../errors.ts';
import type { Entry } from './names.ts';

/** A long name has at most 255 characters of up to 4 bytes, and each may be shown longer. */
const maxLineBytes = 4096;
const newline = 0x0a;

/**
 *     UPDATE~1 ZIP   3000000 2026-11-21  14:33  update-0001.zip
 *     folder       <DIR>     2026-11-21  14:33
 *     8        3   size      date        time   long name, where there is one
 *
 * No short name begins with a space, and the last line of a full key does: `0 bytes free` looks like an entry otherwise.
 */
const entryLine = /^([^ ].{7}) (.{3}) +(<DIR>|\d{1,10}) +\S+ +\S+ *(?: {2}(.*))?$/su;

/** Whole lines, read as UTF-8. @throws FerrymanError `usb.read` for a line without an end */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      yield rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 1);
    }
    if (rest.length > maxLineBytes)
      throw new FerrymanError('usb.read', 'expected a listing of the key in lines, found a line without end');
  }
  if (rest.length > 0) yield rest.toString('utf8');
}

/** The entry of a line; none for headings and sums, and for the folder itself. */
export function entriesOf(line: string): Entry[] {
  const [whole, base = '', extension = '', size = '', longName] = entryLine.exec(line) ?? [];
  if (whole === undefined) return isFrame(line) ? [] : [{ name: line, kind: 'a file', sizeBytes: 0 }];
  const shortName = [base.trim(), extension.trim()].filter(Boolean).join('.');
  const name = longName ?? shortName;
  if (name === '.' || name === '..') return [];
  return size === '<DIR>'
    ? [{ name, kind: 'a folder' }]
    : [{ name, kind: 'a file', sizeBytes: Number(size) }];
}

/** What mdir prints around entries. A hostile name that looks like it hides itself, which is no harm. */
function isFrame(line: string): boolean {
  return (
    line.trim() === '' || line.startsWith(' ') || line.startsWith('Directory for ') || line === 'No files'
  );
}
