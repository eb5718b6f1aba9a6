import { isAbsolute, join, normalize, posix, relative, win32 } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPath, PathSet } from '../../src/parcel/path.ts';
import { soundPath } from '../kit/arbitraries.ts';
import { codeOf, refusal } from '../kit/judge.ts';

/** Names of all kinds, most of them close to trouble. */
const anyName = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('.', '..', '...', '', ' ', 'a', '/', '\\', 'C:', '~', '\0', '\n', '..\\'), {
      maxLength: 8,
    })
    .chain((parts) => fc.constantFrom('/', '').map((separator) => parts.join(separator))),
);

describe('a file name', () => {
  it('that is accepted stays inside the folder that it is joined to', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(anyName, soundPath), (name) => {
        if (codeOf(() => checkPath(name)) !== undefined) return;
        accepted++;
        for (const paths of [posix, win32]) {
          const target = paths.join('/unpacked', name);
          const inside = paths.relative('/unpacked', target);
          expect(inside.split(paths.sep)).not.toContain('..');
          expect(inside).not.toBe('');
          expect(paths.isAbsolute(inside)).toBe(false);
        }
        expect(normalize(name)).toBe(name);
        expect(relative('/unpacked', join('/unpacked', name))).toBe(name);
        expect(isAbsolute(name)).toBe(false);
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(1000);
  });

  it('is refused with one code, whatever is wrong with it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(codeOf(() => checkPath(Buffer.from(bytes)))).toBeOneOf([undefined, 'zip.bad-name']);
      }),
      { numRuns: 1000 },
    );
  });

  it('is accepted exactly when all of it and every part of it keep the rules', () => {
    fc.assert(
      fc.property(fc.oneof(anyName, soundPath, fc.string({ maxLength: 300 })), (name) => {
        expect(codeOf(() => checkPath(name)) === undefined).toBe(keepsTheRules(name));
        expect(codeOf(() => checkPath(Buffer.from(name))) === undefined).toBe(keepsTheRules(name));
      }),
      { numRuns: 3000 },
    );
  });

  it('may be plain, deep or long', () => {
    const sound = [
      'run.sh',
      'a b/c',
      '.hidden',
      '..x',
      '...x/y',
      '-rf',
      '~root',
      '$HOME',
      '*',
      'ab:c',
      `${'d/'.repeat(15)}f`,
      'x'.repeat(255),
    ];
    expect(sound.map((name) => codeOf(() => checkPath(name)))).toEqual(sound.map(() => undefined));
  });

  it('is shown in a refusal without what a terminal would act on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        fc.pre(codeOf(() => checkPath(Buffer.from(bytes))) !== undefined);
        expect(refusal(() => checkPath(Buffer.from(bytes))).message).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

/** The rules in other words. */
function keepsTheRules(name: string): boolean {
  const parts = name.split('/');
  return (
    Buffer.byteLength(name) <= 255 &&
    parts.length <= 16 &&
    !/^[A-Za-z]:/.test(name) &&
    !name.includes('\\') &&
    Buffer.from(name).every((byte) => byte >= 0x20 && byte <= 0x7e) &&
    parts.every((part) => part !== '' && part.trim() === part && !part.endsWith('.'))
  );
}

/** The rule in other words: no two equal when case is ignored, none a folder of another. */
function clash(names: readonly string[]): boolean {
  const folded = names.map((name) => name.toLowerCase());
  return folded.some((one, index) =>
    folded.some((other, at) => at !== index && (other === one || other.startsWith(`${one}/`))),
  );
}

describe('names that stand together', () => {
  it('are accepted exactly when they differ in more than case and none is a folder of another', () => {
    const segment = fc.constantFrom('a', 'A', 'b', 'a.', 'ab');
    const name = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('/'));
    let clashes = 0;
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), (names) => {
        const set = new PathSet();
        const code = codeOf(() => names.forEach((one) => set.add(one)));
        expect(code).toBe(clash(names) ? 'zip.duplicate-name' : undefined);
        if (code) clashes++;
      }),
      { numRuns: 2000 },
    );
    expect(clashes).toBeGreaterThan(200);
  });
});
