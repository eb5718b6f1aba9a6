import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { soundUpdate, spell } from '../../fixtures/kit/update.ts';
import { formatManifest, parseManifest } from '../../src/parcel/manifest.ts';
import { soundFiles, soundManifest } from '../kit/arbitraries.ts';
import { codeOf, refusal } from '../kit/judge.ts';

const { document } = soundUpdate('a manifest');

function codeOfDocument(changes: Readonly<Record<string, unknown>>): string | undefined {
  return codeOf(() => parseManifest(Buffer.from(spell({ ...document, ...changes }))));
}

describe('a manifest', () => {
  it('is written and read back the same', () => {
    fc.assert(
      fc.property(
        soundFiles.chain((files) => soundManifest(files)),
        (manifest) => {
          expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is read as it is spelled by other code', () => {
    expect(formatManifest(parseManifest(Buffer.from(spell(document)))).toString()).toBe(spell(document));
  });

  it('is spelled the same however many files it lists', () => {
    for (const count of [1, 499, 500, 501, 1000, 1207]) {
      const more = Array.from({ length: count - 1 }, (_, index) => ({
        ...document.files[0],
        path: `a/${String(index).padStart(5, '0')}`,
        mode: index % 3 === 0 ? '0755' : '0644',
      }));
      const text = spell({ ...document, files: [...more, ...document.files.slice(-1)] });
      expect(formatManifest(parseManifest(Buffer.from(text))).toString()).toBe(text);
      expect(codeOf(() => parseManifest(Buffer.from(`${text}\n`)))).toBe('manifest.malformed');
      expect(codeOf(() => parseManifest(Buffer.from(text.slice(0, -1))))).toBe('manifest.malformed');
    }
  });

  it('has one spelling: any other is refused', () => {
    const text = spell(document);
    fc.assert(
      fc.property(fc.nat(text.length), fc.constantFrom(' ', '\n', '\t', '\r', ',', '0'), (at, put) => {
        const edited = Buffer.from(text.slice(0, at) + put + text.slice(at));
        // Inside a text or a number it is another manifest, in its one spelling.
        const spelled = (): string =>
          formatManifest(parseManifest(edited)).equals(edited) ? 'as written' : 'otherwise';
        expect(codeOf(() => parseManifest(edited)) ?? spelled()).toBeOneOf([
          'as written',
          'manifest.malformed',
          'zip.bad-name',
        ]);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused in words, whatever JSON stands in its place', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(codeOf(() => parseManifest(Buffer.from(`${JSON.stringify(value, null, 2)}\n`)))).toBe(
          'manifest.malformed',
        );
      }),
    );
  });

  it('is refused in words, whatever stands in place of one of its values', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(document)), fc.jsonValue(), (key, value) => {
        fc.pre(JSON.stringify(value) !== JSON.stringify(document[key]));
        const bytes = Buffer.from(spell({ ...document, [key]: value }));
        const code = codeOf(() => parseManifest(bytes));
        expect(code).toBeOneOf([undefined, 'manifest.malformed', 'zip.bad-name']);
        // Some values are sound by chance: any other text is a title, ["1"] is required. They are taken as they stand.
        const taken = code === undefined ? formatManifest(parseManifest(bytes)).toString() : bytes.toString();
        expect(taken).toBe(bytes.toString());
      }),
      { numRuns: 300 },
    );
  });

  it('is refused without any one of its keys', () => {
    for (const key of Object.keys(document)) {
      const { [key]: _, ...rest } = document;
      expect([key, codeOf(() => parseManifest(Buffer.from(spell(rest as typeof document))))]).toEqual([
        key,
        'manifest.malformed',
      ]);
    }
  });

  it('may be as large as its limits say, and no larger', () => {
    const script = document.script;
    const within = {
      sequence: Number.MAX_SAFE_INTEGER,
      title: 'é'.repeat(100),
      recipients: Array.from({ length: 10_000 }, (_, index) => `group:g${index}`),
      script: { ...script, timeoutSeconds: 14 * 86_400, maxAttempts: 100 },
      requires: ['1-10000'],
      supersedes: Array.from({ length: 1000 }, (_, index) => String(2 * index + 1)),
    };
    expect(codeOfDocument(within)).toBeUndefined();
    const beyond = {
      sequence: 2 ** 53,
      title: `${'é'.repeat(100)}x`,
      recipients: [...within.recipients, 'all'],
      script: { ...within.script, maxAttempts: 101 },
      requires: ['1-10000', '10002'],
      supersedes: [...within.supersedes, '2001'],
    };
    for (const [key, value] of Object.entries(beyond))
      expect([key, codeOfDocument({ ...within, [key]: value })]).toEqual([key, 'manifest.malformed']);
  });

  it('expires after it was made, not at the same second', () => {
    const created = '2026-11-01T00:00:00Z';
    const { title, recipients, script, requires, supersedes, files, ...start } = document;
    const rest = { script, requires, supersedes, files };
    const withExpiry = (expires: string): string =>
      `${JSON.stringify({ ...start, title, recipients, created, expires, ...rest }, null, 2)}\n`
        // the keys in the order of the format
        .replace(/ {2}"created": "[^"]*",\n/, '')
        .replace('  "expires"', `  "created": "${created}",\n  "expires"`);
    expect(codeOf(() => parseManifest(Buffer.from(withExpiry('2026-11-01T00:00:01Z'))))).toBeUndefined();
    expect(refusal(() => parseManifest(Buffer.from(withExpiry(created)))).message).toBe(
      'manifest.json: expires: expected a time after 2026-11-01T00:00:00Z, found "2026-11-01T00:00:00Z"',
    );
  });

  it('is refused with the place and what stands there', () => {
    const files = document.files.map((file, index) => (index === 1 ? { ...file, size: '1' } : file));
    expect(refusal(() => parseManifest(Buffer.from(spell({ ...document, files })))).message).toBe(
      'manifest.json: files[1].size: expected a whole number from 0 to 1073741824, found "1"',
    );
  });

  it('is refused with the name of a key that it should not have', () => {
    const [first, ...others] = document.files;
    const changes = [
      ['priority', { priority: 'high' }],
      ['script.user', { script: { ...document.script, user: 'nobody' } }],
      ['files[0].owner', { files: [{ ...first, owner: 'root' }, ...others] }],
    ] as const;
    for (const [place, change] of changes)
      expect(refusal(() => parseManifest(Buffer.from(spell({ ...document, ...change })))).message).toBe(
        `manifest.json: ${place}: expected no such key`,
      );
  });
});
