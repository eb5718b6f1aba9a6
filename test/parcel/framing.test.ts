import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { officeKey } from '../../fixtures/kit/keys.ts';
import {
  findFraming,
  joinComment,
  ParcelHasher,
  tailBytes,
  withoutComment,
} from '../../src/parcel/framing.ts';
import { maxParcelBytes } from '../../src/parcel/limits.ts';
import { formatComment, parseComment } from '../../src/parcel/signature-block.ts';
import { soundBlocks } from '../kit/arbitraries.ts';
import { codeOf, hashed } from '../kit/judge.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { signedUpdate, unsignedUpdate } from '../kit/office.ts';

afterAll(removeFolders);

/** What `b2sum` of coreutils prints. */
function b2sum(bytes: Buffer): string {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, bytes);
  return execFileSync('b2sum', [file], { encoding: 'utf8' }).slice(0, 128);
}

/** A file that ends like a zip: random bytes, an end record without a comment. */
const unsignedFile = fc
  .tuple(fc.uint8Array({ maxLength: 100 }), fc.nat(3 * tailBytes))
  .map(([seed, size]) =>
    Buffer.concat([
      Buffer.alloc(size, Buffer.concat([Buffer.from([1]), seed])),
      Buffer.from('504b0506', 'hex'),
      Buffer.alloc(18),
    ]),
  );

describe('the digest of a parcel', () => {
  const unsigned = unsignedUpdate({ files: { 'data.txt': 'x'.repeat(50_000) } });
  const parcel = signedUpdate({ files: { 'data.txt': 'x'.repeat(50_000) } }, officeKey);

  it('is what b2sum prints for the zip without its signatures', () => {
    expect(hashed(parcel).digest).toBe(b2sum(unsigned));
    expect(withoutComment(parcel, hashed(parcel).framing).equals(unsigned)).toBe(true);
  });

  it('is the same with any signatures and with none', () => {
    fc.assert(
      fc.property(soundBlocks, (blocks) => {
        const signed = joinComment(unsigned, formatComment(blocks));
        expect(hashed(signed).digest).toBe(hashed(unsigned).digest);
      }),
      { numRuns: 50 },
    );
  });

  it('stands beside the hash of the whole file, which is what b2sum prints for that', () => {
    expect(hashed(parcel).fileHash).toBe(b2sum(parcel));
  });

  it('does not depend on how the file is cut into chunks', () => {
    const cuts = fc.array(
      fc.oneof(
        fc.nat(3),
        fc.constantFrom(tailBytes - 1, tailBytes, tailBytes + 1, 2 * tailBytes),
        fc.nat(4 * tailBytes),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(unsignedFile, soundBlocks, cuts, (file, blocks, lengths) => {
        const whole = joinComment(file, formatComment(blocks));
        const hasher = new ParcelHasher();
        let at = 0;
        for (const length of lengths) {
          hasher.update(whole.subarray(at, at + length));
          at = Math.min(at + length, whole.length);
        }
        hasher.update(whole.subarray(at));
        expect(hasher.finish()).toEqual(hashed(whole));
      }),
      { numRuns: 100 },
    );
  });

  it('does not depend on the caller leaving a chunk as it was', () => {
    const noise = createHash('shake256', { outputLength: 100_000 }).digest();
    const large = signedUpdate({ files: { noise } }, officeKey);
    for (const chunkBytes of [100, tailBytes, 40_000]) {
      const hasher = new ParcelHasher();
      const buffer = Buffer.alloc(chunkBytes);
      for (let at = 0; at < large.length; at += buffer.length) {
        const count = large.copy(buffer, 0, at, at + buffer.length);
        hasher.update(buffer.subarray(0, count));
        buffer.fill(0xff);
      }
      expect(hasher.finish()).toEqual(hashed(large));
    }
  });

  it('can be asked for one byte at a time', () => {
    const hasher = new ParcelHasher();
    for (const byte of parcel) hasher.update(Buffer.of(byte));
    expect(hasher.finish()).toEqual(hashed(parcel));
  });
});

describe('framing', () => {
  it('finds where any signed file was cut, and gives back its two parts', () => {
    fc.assert(
      fc.property(unsignedFile, soundBlocks, (file, blocks) => {
        const whole = joinComment(file, formatComment(blocks));
        const framing = findFraming(whole.subarray(-tailBytes), whole.length);
        expect(withoutComment(whole, framing).equals(file)).toBe(true);
        expect(parseComment(framing.comment)).toEqual(
          blocks.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1)),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('sees as much of the end as sixteen of the longest blocks need', () => {
    const comment = Buffer.alloc(16 * 1024, 'x');
    const whole = joinComment(
      Buffer.concat([Buffer.alloc(5), Buffer.from('504b0506', 'hex'), Buffer.alloc(18)]),
      comment,
    );
    expect(hashed(whole).framing).toEqual({ size: whole.length, eocdOffset: 5, comment });
    const longer = joinComment(
      withoutComment(whole, hashed(whole).framing),
      Buffer.alloc(16 * 1024 + 1, 'x'),
    );
    expect(codeOf(() => hashed(longer))).toBe('framing.truncated');
  });

  it('takes a file of exactly the largest size, and refuses one byte more as soon as it comes', () => {
    const hasher = new ParcelHasher();
    const chunk = Buffer.alloc(16 * 1024 * 1024);
    for (let size = 0; size < maxParcelBytes; size += chunk.length) hasher.update(chunk);
    expect(codeOf(() => hasher.update(Buffer.of(0)))).toBe('framing.too-large');
  });
});
