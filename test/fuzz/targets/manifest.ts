/** A manifest that is accepted is in its one spelling, and says what plain JSON says. */
import { formatManifest, parseManifest } from '../../../src/parcel/manifest.ts';
import { manifestSeeds } from '../seeds.ts';
import { holds, readOrRefuse, type Target } from '../target.ts';

export const manifest: Target = {
  name: 'manifest',
  maxBytes: 16 * 1024,
  blocksPerByte: 20,
  words: [
    '  "expires": "2026-12-01T00:00:00Z",\n',
    'null',
    'true',
    '[]',
    '{}',
    '"1-3"',
    '\\u0041',
    '__proto__',
    '𝄞',
  ],
  seeds: manifestSeeds,
  run(input) {
    const read = readOrRefuse(
      () => parseManifest(input),
      ['manifest.malformed', 'manifest.other-kind', 'zip.bad-name'],
    );
    if (typeof read === 'string') return read;
    holds(formatManifest(read).equals(input), 'a manifest has one spelling');
    const plain = JSON.parse(input.toString()) as Record<string, unknown>;
    holds(plain['sequence'] === read.sequence && plain['title'] === read.title, 'it says what JSON says');
    holds(
      read.expires === undefined || Date.parse(read.expires) > Date.parse(read.created),
      'it expires later',
    );
    const paths = read.files.map(({ path }) => path);
    holds(paths.includes(read.script.path), 'its script is one of its files');
    holds(
      [...read.requires, ...read.supersedes].every(
        ({ first, last }) => first <= last && last < read.sequence,
      ),
      'it names sequences below its own',
    );
    return 'accepted';
  },
};
