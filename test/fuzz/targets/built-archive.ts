/**
 * Archives whose offsets and manifest fit, so that names, contents, modes and methods are what decides. A checksum, a
 * size and a stream can lie, each by one.
 * The input is a list of files: for each a byte of settings, a name up to a line feed, a byte of length, contents.
 */
import { deflated, entry, writeZip, type RawEntry } from '../../../fixtures/kit/raw-zip.ts';
import { describe, manifestEntry, soundUpdate } from '../../../fixtures/kit/update.ts';
import { deflateRawSync } from 'node:zlib';
import type { Target } from '../target.ts';
import { readAndCompare } from './archive.ts';

const { script } = soundUpdate('built');

export const builtArchive: Target = {
  name: 'built-archive',
  maxBytes: 1024,
  blocksPerByte: 100,
  words: ['../', '/', 'a/', 'A/', 'run.sh', 'manifest.json', '\n\x01', '.', ' ', '\\', '\x80'],
  seeds: () =>
    [
      '\x00data.txt\n\x05hello',
      '\x01zeros\n\x20' + '\0'.repeat(32),
      '\x02a/b\n\0\x00a/c\n\x01x',
      '\x00A\n\0\x00a\n\0',
      '\x04z\n\x01x\x00b\n\x01y',
      '\x08a\n\x01x',
      '\x11a\n\x01x',
      '\x21a\n\x01x',
    ].map((text) => Buffer.from(text, 'latin1')),
  run: (input) => readAndCompare(build(input)),
};

function build(input: Buffer): Buffer {
  const files = [...filesIn(input), script];
  const unsorted = ((input[0] ?? 0) & 4) !== 0;
  const ordered = unsorted ? files : files.toSorted((a, b) => Buffer.compare(a.name, b.name));
  return writeZip([manifestEntry(describe('built', ordered)), ...ordered]);
}

function* filesIn(input: Buffer): Generator<RawEntry> {
  for (let at = 0; at < input.length;) {
    const settings = input[at] ?? 0;
    const nameEnd = input.indexOf('\n', at + 1);
    if (nameEnd === -1) return;
    const length = input[nameEnd + 1] ?? 0;
    const contents = input.subarray(nameEnd + 2, nameEnd + 2 + length);
    const file = entry(input.subarray(at + 1, nameEnd), contents, (settings & 2) === 0 ? 0o644 : 0o755);
    const lying = {
      ...file,
      crc: (file.crc ^ ((settings >> 3) & 1)) >>> 0,
      size: file.size + ((settings >> 4) & 1),
    };
    const behind = Buffer.alloc((settings >> 5) & 1);
    const stream = Buffer.concat([deflateRawSync(contents), behind]);
    yield (settings & 1) === 0 ? lying : deflated(lying, stream);
    at = nameEnd + 2 + length;
  }
}
