/** Names that are accepted, one by one and together, can be made in an empty folder by any system and stay in it. */
import { posix, win32 } from 'node:path';
import { checkPath, PathSet } from '../../../src/parcel/path.ts';
import { holds, readOrRefuse, type Target } from '../target.ts';

/** So many that what is quadratic shows. */
const many = Array.from({ length: 700 }, (_, index) => index.toString(36).padStart(2, '0')).join('\n');

export const names: Target = {
  name: 'names',
  maxBytes: 3000,
  blocksPerByte: 30,
  words: [
    '../',
    '..\\',
    '/',
    'C:',
    '\\\\?\\',
    'CON',
    './',
    ' ',
    '.',
    '\u202e',
    '\uff0e\uff0e/',
    '%2e%2e/',
    'İ',
    'ß',
  ],
  seeds: () =>
    [
      'run.sh',
      'a/b\nA/b',
      'a\na/b',
      '../x',
      '/etc/passwd',
      'a//b',
      'x'.repeat(256),
      'd/'.repeat(16),
      'a\\b',
      'C:x',
      many,
    ].map((text) => Buffer.from(text)),
  run(input) {
    const set = new PathSet();
    const accepted: string[] = [];
    for (const line of lines(input)) {
      const read = readOrRefuse(() => ({ path: checkPath(line) }), ['zip.bad-name']);
      if (typeof read === 'string') return read;
      holds(Buffer.from(read.path).equals(line), 'a name is the bytes that stand there');
      staysInside(read.path);
      const added = readOrRefuse(() => ({ done: set.add(read.path) }), ['zip.duplicate-name']);
      if (typeof added === 'string') return added;
      accepted.push(read.path.toLowerCase());
    }
    const folders = new Set(accepted.flatMap(parents));
    holds(new Set(accepted).size === accepted.length, 'names that stand together differ in more than case');
    holds(!accepted.some((name) => folders.has(name)), 'none of them is a folder of another');
    return 'accepted';
  },
};

function parents(name: string): string[] {
  return [...name.matchAll(/\//g)].map(({ index }) => name.slice(0, index));
}

/** As bytes: a name need not be text. */
function* lines(input: Buffer): Generator<Buffer> {
  let from = 0;
  for (let at = input.indexOf('\n'); at !== -1; at = input.indexOf('\n', from)) {
    yield input.subarray(from, at);
    from = at + 1;
  }
  yield input.subarray(from);
}

/** No path escapes, on any system; shared with the targets of archives. */
export function staysInside(name: string): void {
  holds(/^[\x20-\x5b\x5d-\x7e]{1,255}$/.test(name), 'a name is plain ASCII');
  holds(!/[. ](\/|$)/.test(name), 'no part of a name loses its end on Windows');
  for (const system of [posix, win32]) {
    const inside = system.relative('/unpacked', system.resolve('/unpacked', name));
    holds(inside !== '' && !system.isAbsolute(inside), 'a name stays inside its folder');
    holds(!inside.split(system.sep).includes('..'), 'a name does not go up');
    holds(inside === name.split('/').join(system.sep), 'a name is its only spelling');
  }
}
