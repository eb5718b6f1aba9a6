import { execFileSync } from 'node:child_process';
import { randomBytes, scryptSync } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedKey } from '../../fixtures/kit/keys.ts';
import { FerrymanError } from '../../src/errors.ts';
import {
  formatSecretKey,
  makeKey,
  parseSecretKey,
  publicKeyOf,
  signDigest,
} from '../../src/parcel/secret-key.ts';
import { verify } from '../../src/verify/verify.ts';
import { codeOf } from '../kit/judge.ts';

const key = fixedKey(3);
const noPassphrase = (): never => {
  throw new Error('asked for a passphrase');
};

async function codeOfFile(text: string, passphrase?: string): Promise<string> {
  try {
    await parseSecretKey(text, passphrase === undefined ? noPassphrase : () => passphrase);
    return 'accepted';
  } catch (error) {
    if (error instanceof FerrymanError) return error.code;
    throw error;
  }
}

/** The packed bytes of a key file, changed. */
function repacked(text: string, change: (packed: Buffer) => void): string {
  const [comment = '', base64 = ''] = text.split('\n');
  const packed = Buffer.from(base64, 'base64');
  change(packed);
  return `${comment}\n${packed.toString('base64')}\n`;
}

const plain = formatSecretKey(key, undefined, randomBytes);

/** BLAKE2b-256 by coreutils: the checksum of the key id and the secret key that stand in `packed`. */
function checksum(packed: Buffer): Buffer {
  const input = Buffer.concat([Buffer.from('Ed'), packed.subarray(54, 126)]);
  return Buffer.from(execFileSync('b2sum', ['-l', '256'], { input, encoding: 'utf8' }).slice(0, 64), 'hex');
}

interface CheapLimits {
  readonly ops: bigint;
  readonly mem: bigint;
  /** What libsodium's pickparams makes of them, with r = 8 and p = 1. */
  readonly cost: number;
}

/** A key encrypted by code of its own, with limits that cost little. */
function encrypted(passphrase: string, { ops, mem, cost }: CheapLimits): string {
  return repacked(plain, (packed) => {
    checksum(packed).copy(packed, 126);
    packed.write('Sc', 2);
    packed.fill(0x5a, 6, 38);
    packed.writeBigUInt64LE(ops, 38);
    packed.writeBigUInt64LE(mem, 46);
    const options = { N: cost, r: 8, p: 1, maxmem: 64 << 20 };
    const mask = scryptSync(passphrase, packed.subarray(6, 38), 104, options);
    for (const [index, byte] of mask.entries()) packed[54 + index] = (packed[54 + index] ?? 0) ^ byte;
  });
}

const lowest: CheapLimits = { ops: 32_768n, mem: 16_777_216n, cost: 2 ** 10 };
const interactive: CheapLimits = { ops: 524_288n, mem: 16_777_216n, cost: 2 ** 14 };

describe('a secret key file without a passphrase', () => {
  it('is written and read back the same, without asking', async () => {
    expect(await parseSecretKey(plain, noPassphrase)).toEqual(key);
  });

  it('may carry a checksum of zeros, as stock minisign writes it, or the right one', async () => {
    const checked = repacked(plain, (packed) => void checksum(packed).copy(packed, 126));
    expect(checked).not.toBe(plain);
    expect(await parseSecretKey(checked, noPassphrase)).toEqual(key);
    expect(await codeOfFile(repacked(checked, (packed) => packed.writeUInt8(0, 157)))).toBe('key.malformed');
  });

  it('is refused when its two halves do not belong together', async () => {
    expect(await codeOfFile(repacked(plain, (packed) => packed.writeUInt8(1, 100)))).toBe('key.malformed');
  });

  it('is refused when it is anything else', async () => {
    const [comment = '', packed = ''] = plain.split('\n');
    const texts = [
      '',
      packed,
      `${plain}${packed}\n`,
      `${comment}\n${packed.slice(4)}\n`,
      repacked(plain, (file) => file.write('ED', 0)),
      repacked(plain, (file) => file.write('Ar', 2)),
      repacked(plain, (file) => file.write('S3', 4)),
    ];
    expect(await Promise.all(texts.map((text) => codeOfFile(text)))).toEqual(
      texts.map(() => 'key.malformed'),
    );
  });
});

describe('an encrypted secret key file', () => {
  it('is opened by its passphrase, with the scrypt costs that libsodium derives from its limits', async () => {
    for (const limits of [lowest, interactive])
      expect(await parseSecretKey(encrypted('open sesame', limits), () => 'open sesame')).toEqual(key);
  });

  it('is not opened by another passphrase', async () => {
    const text = encrypted('open sesame', lowest);
    for (const passphrase of ['', 'open sesame ', 'Open sesame'])
      expect(await codeOfFile(text, passphrase)).toBe('key.passphrase');
  });

  it('is refused before any work when it asks for more memory than minisign ever does, or less than libsodium can', async () => {
    const most: CheapLimits = { ops: 33_554_432n, mem: 1_073_741_824n, cost: 2 };
    const limits = [
      { ...most, ops: most.ops + 1n },
      { ...most, mem: most.mem + 1n },
      { ...most, ops: 2n ** 64n - 1n },
      { ...most, mem: 2n ** 64n - 1n },
      { ...lowest, ops: lowest.ops - 1n },
      { ...lowest, mem: lowest.mem - 1n },
      { ...lowest, ops: 0n, mem: 0n },
    ];
    for (const limit of limits)
      expect(await codeOfFile(encrypted('x', { ...limit, cost: 2 }), 'x')).toBe('key.kdf-limit');
  });
});

/** So many random bytes. */
function bytes(length: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
}

describe('a signature', () => {
  it('by any key over any digest is accepted from that key, and from no other', () => {
    const comment = fc.stringMatching(/^[\t\x20-\x7e]{0,80}$/);
    fc.assert(
      fc.property(bytes(32), bytes(64), comment, (seed, digestBytes, trustedComment) => {
        const signer = makeKey((count) => (count === 32 ? seed : seed.subarray(0, count)));
        const digest = digestBytes.toString('hex');
        const blocks = [signDigest(digest, signer, trustedComment)];
        expect(verify({ digest, blocks }, { keys: [publicKeyOf(signer)], threshold: 1 }).signers).toEqual([
          signer.keyId,
        ]);
        const other = { ...publicKeyOf(fixedKey(9)), keyId: signer.keyId };
        expect(codeOf(() => verify({ digest, blocks }, { keys: [other], threshold: 1 }))).toBe(
          'verify.bad-signature',
        );
      }),
      { numRuns: 20 },
    );
  });

  it('is the same every time', () => {
    const digest = 'ab'.repeat(64);
    expect(signDigest(digest, key, 'once')).toEqual(signDigest(digest, key, 'once'));
  });
});
