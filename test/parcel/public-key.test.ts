import { ed25519 } from '@noble/curves/ed25519.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedKey } from '../../fixtures/kit/keys.ts';
import { parsePublicKey } from '../../src/parcel/fit-key.ts';
import { formatPublicKey } from '../../src/parcel/public-key.ts';
import { makeKey, publicKeyOf } from '../../src/parcel/secret-key.ts';
import { codeOf } from '../kit/judge.ts';

function fileOf(hex: string): string {
  return formatPublicKey({ keyId: '0123456789ABCDEF', bytes: Buffer.from(hex, 'hex') });
}

function codeOfKey(hex: string): string | undefined {
  return codeOf(() => parsePublicKey(fileOf(hex)));
}

describe('a public key file', () => {
  it('is written and read back the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 40, maxLength: 40 }), (random) => {
        let at = 0;
        const key = publicKeyOf(makeKey((count) => Buffer.from(random.slice(at, (at += count)))));
        expect(parsePublicKey(formatPublicKey(key))).toEqual(key);
      }),
      { numRuns: 20 },
    );
  });

  it('may lack its comment, have another one, or CRLF line ends', () => {
    const key = publicKeyOf(fixedKey(1));
    const [, packed = ''] = formatPublicKey(key).split('\n');
    const variants = [packed, `${packed}\n`, `untrusted comment: mine\r\n${packed}\r\n`];
    for (const text of variants) expect(parsePublicKey(text)).toEqual(key);
  });

  it('is refused when it is anything else', () => {
    const good = formatPublicKey(publicKeyOf(fixedKey(1)));
    const [comment = '', packed = ''] = good.split('\n');
    const signature = Buffer.concat([Buffer.from('ED'), Buffer.alloc(72)]).toString('base64');
    const otherKind = Buffer.from(packed, 'base64');
    otherKind.write('ED');
    const texts = [
      '',
      comment,
      `${good}${packed}\n`,
      packed.slice(4),
      signature,
      otherKind.toString('base64'),
      'ssh-ed25519 AAAA',
    ];
    expect(texts.map((text) => codeOf(() => parsePublicKey(text)))).toEqual(texts.map(() => 'key.malformed'));
  });
});

/**
 * Every encoding of a point of order 1, 2, 4 or 8, canonical or not: y, with and without the sign of x.
 * A signature by such a key can be made by anybody.
 */
const smallOrder: readonly (readonly [order: string, y: string])[] = [
  ['order 4', '0000000000000000000000000000000000000000000000000000000000000000'],
  ['order 1', '0100000000000000000000000000000000000000000000000000000000000000'],
  ['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ['order 2', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['order 4, not canonical', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['order 1, not canonical', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
];

function withSign(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  bytes[31] = (bytes[31] ?? 0) | 0x80;
  return bytes.toString('hex');
}

describe('a public key that proves nothing', () => {
  for (const [order, y] of smallOrder) {
    it(`of ${order} is refused, with either sign (${y.slice(0, 4)}…${y.slice(-4)})`, () => {
      expect(codeOfKey(y)).toBe('key.weak');
      expect(codeOfKey(withSign(y))).toBe('key.weak');
    });
  }

  it('is refused for every point of mixed order: a sound key plus one of small order', () => {
    const sound = ed25519.Point.fromHex(publicKeyOf(fixedKey(7)).bytes.toString('hex'));
    const eighth = ed25519.Point.fromHex(smallOrder[2]?.[1] ?? '');
    const mixed = Array.from({ length: 7 }, (_, index) => sound.add(eighth.multiply(BigInt(index + 1))));
    expect(new Set(mixed.map((point) => point.toHex())).size).toBe(7);
    expect(mixed.map((point) => codeOfKey(point.toHex()))).toEqual(mixed.map(() => 'key.weak'));
    expect(codeOfKey(sound.toHex())).toBeUndefined();
  });

  it('is refused for every y that is not below the field prime', () => {
    const prime = 2n ** 255n - 19n;
    const encodings = Array.from({ length: 19 }, (_, index) => {
      const hex = (prime + BigInt(index)).toString(16).padStart(64, '0');
      return Buffer.from(hex, 'hex').reverse().toString('hex');
    });
    for (const y of encodings)
      expect([codeOfKey(y), codeOfKey(withSign(y))]).toEqual(['key.weak', 'key.weak']);
  });

  it('is refused when it is no point on the curve', () => {
    const offCurve = Array.from({ length: 40 }, (_, index) =>
      Buffer.alloc(32, index + 2).toString('hex'),
    ).filter((hex) => {
      try {
        ed25519.Point.fromHex(hex);
        return false;
      } catch {
        return true;
      }
    });
    expect(offCurve.length).toBeGreaterThan(5);
    expect(offCurve.map(codeOfKey)).toEqual(offCurve.map(() => 'key.weak'));
  });
});
