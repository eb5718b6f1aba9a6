/** What `find -printf '%d %y %m %s %f\0'` prints: depth, kind, mode in octal, size, name. Names are bytes, ended by a zero. */
import { FerrymanError } from '../../errors.ts';
import type { Entry } from './names.ts';

interface FoundEntry extends Required<Entry> {
  /** 0 for what find was asked about, 1 for what is in it. */
  readonly depth: number;
}

/** A name has at most 255 bytes. */
const maxRecordBytes = 1024;
const setIdBits = 0o6000;
const kinds: Readonly<Record<string, string>> = {
  f: 'a file',
  d: 'a folder',
  l: 'a link',
  p: 'a FIFO',
  s: 'a socket',
  b: 'a device',
  c: 'a device',
};

export async function* recordsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      yield rest.subarray(0, end);
      rest = rest.subarray(end + 1);
    }
    if (rest.length > maxRecordBytes)
      throw new FerrymanError('usb.read', 'expected a listing of the key in names, found a name without end');
  }
}

export function entryOf(record: Buffer): FoundEntry {
  const [depth, kind = '?', mode = '', size, ...name] = record.toString('utf8').split(' ');
  const isSetId = kind === 'f' && (Number.parseInt(mode, 8) & setIdBits) !== 0;
  return {
    depth: Number(depth),
    name: name.join(' '),
    kind: isSetId ? 'setuid or setgid' : (kinds[kind] ?? 'no regular file'),
    sizeBytes: Number(size),
  };
}
