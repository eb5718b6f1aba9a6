import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deputyKey, fixedKey, officeKey } from '../../fixtures/kit/keys.ts';
import { block } from '../../fixtures/kit/sign.ts';
import { signDigest } from '../../src/parcel/secret-key.ts';
import {
  formatBlock,
  formatComment,
  mergeBlocks,
  parseComment,
  parseMinisig,
  type SignatureBlock,
} from '../../src/parcel/signature-block.ts';
import { soundBlocks } from '../kit/arbitraries.ts';
import { codeOf } from '../kit/judge.ts';
import { digestOf, unsignedUpdate } from '../kit/office.ts';

function byKeyId(blocks: readonly SignatureBlock[]): SignatureBlock[] {
  return blocks.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1));
}

describe('signature blocks', () => {
  it('are written and read back the same, sorted by key id', () => {
    fc.assert(
      fc.property(soundBlocks, (blocks) => {
        expect(parseComment(formatComment(blocks))).toEqual(byKeyId(blocks));
      }),
    );
  });

  it('have one spelling: what is read is what would be written', () => {
    const edit = fc.tuple(fc.nat(1000), fc.nat(2), fc.string({ maxLength: 2 }));
    fc.assert(
      fc.property(soundBlocks, edit, (blocks, [at, drop, put]) => {
        const text = formatComment(blocks).toString('latin1');
        const edited = Buffer.from(text.slice(0, at) + put + text.slice(at + drop), 'latin1');
        const spelled = (): string =>
          formatComment(parseComment(edited)).equals(edited) ? 'as written' : 'otherwise';
        expect(codeOf(() => parseComment(edited)) ?? spelled()).toBeOneOf([
          'as written',
          'signature.malformed',
          'signature.legacy',
          'framing.unsigned',
        ]);
      }),
      { numRuns: 1000 },
    );
  });

  it('are the same bytes as blocks written by other code', () => {
    const zip = unsignedUpdate({});
    const written = formatBlock(signDigest(digestOf(zip), officeKey, 'a test vector'));
    expect(written).toBe(block(officeKey, zip));
  });

  it('carry no trusted comment but printable text of at most 768 characters', () => {
    const digest = digestOf(unsignedUpdate({}));
    expect(codeOf(() => signDigest(digest, officeKey, 'x'.repeat(768)))).toBeUndefined();
    for (const comment of ['x'.repeat(769), 'two\nlines', '\x1b[2J', 'café', '\x7f'])
      expect(codeOf(() => signDigest(digest, officeKey, comment))).toBe('signature.malformed');
  });
});

describe('a .minisig file', () => {
  const digest = digestOf(unsignedUpdate({}));
  const made = signDigest(digest, officeKey, 'ferryman test');
  const text = formatBlock(made);

  it('is read as the block that it holds', () => {
    expect(parseMinisig(text)).toEqual(made);
  });

  it('may have any untrusted comment, CRLF line ends and more or less line feeds at its end', () => {
    const [, ...rest] = text.split('\n');
    const commented = ['untrusted comment: signature from minisign secret key \x1b[2J', ...rest].join('\n');
    for (const variant of [commented, text.replaceAll('\n', '\r\n'), text.trimEnd(), `${text}\n\n`])
      expect(parseMinisig(variant)).toEqual(made);
  });

  it('is refused when it is anything else', () => {
    const [untrusted = '', signature = '', trusted = '', global = ''] = text.split('\n');
    const variants = [
      '',
      'hello\n',
      [untrusted, signature, trusted].join('\n'),
      [untrusted, signature, trusted, global, global].join('\n'),
      [untrusted, signature, 'no comment', global].join('\n'),
      [untrusted, signature.slice(4), trusted, global].join('\n'),
      [untrusted, signature, trusted, global.slice(4)].join('\n'),
      [untrusted, signature, `${trusted}\x1b`, global].join('\n'),
    ];
    expect(variants.map((variant) => codeOf(() => parseMinisig(variant)))).toEqual(
      variants.map(() => 'signature.malformed'),
    );
  });
});

describe('the blocks of two copies', () => {
  it('become one set with one block per key, that of the first copy where both have one', () => {
    fc.assert(
      fc.property(soundBlocks, soundBlocks, fc.nat(16), (first, more, shared) => {
        const changed = first.slice(0, shared).map((one) => ({ ...one, trustedComment: 'of the second' }));
        const second = [...more.slice(0, 16 - first.length), ...changed];
        const ids = new Set([...first, ...second].map(({ keyId }) => keyId));
        const merged = mergeBlocks(first, second);
        expect(merged.map(({ keyId }) => keyId)).toEqual([...ids].toSorted());
        expect(first.filter((one) => !merged.includes(one))).toEqual([]);
      }),
    );
  });

  it('are refused when they are more than sixteen', () => {
    const digest = digestOf(unsignedUpdate({}));
    const blocks = Array.from({ length: 17 }, (_, index) => signDigest(digest, fixedKey(index + 1), ''));
    expect(mergeBlocks(blocks.slice(0, 9), blocks.slice(5, 16)).length).toBe(16);
    expect(codeOf(() => mergeBlocks(blocks.slice(0, 9), blocks.slice(9)))).toBe('sign.too-many');
  });

  it('do not depend on which came first where each key signed once', () => {
    const digest = digestOf(unsignedUpdate({}));
    const [a, b] = [signDigest(digest, officeKey, 'a'), signDigest(digest, deputyKey, 'b')];
    expect(mergeBlocks([a], [b])).toEqual(mergeBlocks([b], [a]));
  });
});
