import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deputyKey, fixedKey, officeKey, strangerKey } from '../../fixtures/kit/keys.ts';
import { sign } from '../../fixtures/kit/sign.ts';
import { publicKeyOf, signDigest, type SecretKey } from '../../src/parcel/secret-key.ts';
import { formatComment, type SignatureBlock } from '../../src/parcel/signature-block.ts';
import { joinComment } from '../../src/parcel/framing.ts';
import { checkTrust, type Trust } from '../../src/verify/trust.ts';
import { verify } from '../../src/verify/verify.ts';
import { codeOf, verified } from '../kit/judge.ts';
import { digestOf, trusted, unsignedUpdate } from '../kit/office.ts';

const zip = unsignedUpdate({});
const digest = digestOf(zip);
const thirdKey = fixedKey(0xd4);

function blockBy(key: SecretKey, signed = digest): SignatureBlock {
  return signDigest(signed, key, 'ferryman test');
}

function outcome(blocks: readonly SignatureBlock[], trust: Trust): string {
  return codeOf(() => verify({ digest, blocks }, trust)) ?? 'accepted';
}

describe('a parcel', () => {
  it('is accepted when as many trusted keys have signed it as are needed', () => {
    const signers = [officeKey, deputyKey, thirdKey];
    for (const threshold of [1, 2, 3])
      for (const count of [0, 1, 2, 3]) {
        const blocks = signers.slice(0, count).map((key) => blockBy(key));
        expect([threshold, count, outcome(blocks, { keys: trusted(...signers), threshold })]).toEqual([
          threshold,
          count,
          count === 0 ? 'verify.unknown-key' : count < threshold ? 'verify.threshold' : 'accepted',
        ]);
      }
  });

  it('is vouched for by the keys that signed, not by those that could have', () => {
    const trust = { keys: trusted(thirdKey, deputyKey, officeKey), threshold: 2 };
    const proof = verify({ digest, blocks: [blockBy(officeKey), blockBy(thirdKey)] }, trust);
    expect(proof.signers).toEqual([officeKey.keyId, thirdKey.keyId]);
    expect(proof.digest).toBe(digest);
    expect(proof.blocks).toEqual([blockBy(officeKey), blockBy(thirdKey)]);
  });

  it('is refused with a signature stripped off, and accepted when the full set comes after it', () => {
    const trust = { keys: trusted(officeKey, deputyKey), threshold: 2 };
    const stripped = joinComment(zip, formatComment([blockBy(deputyKey)]));
    const full = joinComment(zip, formatComment([blockBy(officeKey), blockBy(deputyKey)]));
    expect(codeOf(() => verified(stripped, trust))).toBe('verify.threshold');
    expect(verified(full, trust).signers).toEqual([officeKey.keyId, deputyKey.keyId]);
  });

  it('is accepted with signatures by unknown keys beside a trusted one, even wrong ones', () => {
    const nonsense = { ...blockBy(strangerKey), signature: Buffer.alloc(64, 7) };
    const trust = { keys: trusted(officeKey), threshold: 1 };
    expect(outcome([blockBy(officeKey), blockBy(strangerKey)], trust)).toBe('accepted');
    const proof = verify({ digest, blocks: [blockBy(officeKey), nonsense] }, trust);
    expect(proof.blocks).toEqual([blockBy(officeKey)]);
  });

  it('is refused when unknown keys alone signed it, however many', () => {
    const strangers = [5, 6, 7].map((seed) => blockBy(fixedKey(seed)));
    expect(outcome(strangers, { keys: trusted(officeKey), threshold: 1 })).toBe('verify.unknown-key');
  });

  it('is refused as soon as one trusted signature is wrong, with enough good ones too', () => {
    const keys = trusted(officeKey, deputyKey, thirdKey);
    const wrong = [
      blockBy(deputyKey, digestOf(unsignedUpdate({ title: 'another' }))),
      { ...blockBy(deputyKey), trustedComment: 'ferryman tesT' },
      { ...blockBy(deputyKey), globalSignature: Buffer.alloc(64) },
      { ...blockBy(deputyKey), signature: Buffer.alloc(64) },
      { ...blockBy(strangerKey), keyId: deputyKey.keyId },
    ];
    for (const block of wrong)
      for (const threshold of [1, 2])
        expect(outcome([blockBy(officeKey), block, blockBy(thirdKey)], { keys, threshold })).toBe(
          'verify.bad-signature',
        );
  });

  it('is refused when a signature stands where another key id says it does', () => {
    const trust = { keys: trusted(officeKey, deputyKey), threshold: 1 };
    expect(outcome([{ ...blockBy(officeKey), keyId: deputyKey.keyId }], trust)).toBe('verify.bad-signature');
  });

  it('is refused for any wrong signature, whatever bytes it is made of', () => {
    const trust = { keys: trusted(officeKey), threshold: 1 };
    const sound = blockBy(officeKey);
    const signature = fc.uint8Array({ minLength: 64, maxLength: 64 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(signature, fc.boolean(), (bytes, global) => {
        const block = global ? { ...sound, globalSignature: bytes } : { ...sound, signature: bytes };
        expect(outcome([block], trust)).toBe('verify.bad-signature');
      }),
      { numRuns: 200 },
    );
  });
});

describe('a malleable signature', () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const trust = { keys: trusted(officeKey), threshold: 1 };

  /** The same signature with S + n·L in place of S, where that fits 32 bytes. */
  function stretched(signature: Buffer, times: bigint): Buffer {
    const sum = littleEndian(signature.subarray(32)) + times * order;
    const hex = sum.toString(16).padStart(64, '0');
    return Buffer.concat([signature.subarray(0, 32), Buffer.from(hex, 'hex').reverse()]);
  }

  it('with S + L in place of S is refused, though it satisfies the equation', () => {
    const sound = blockBy(officeKey);
    const malleable = stretched(sound.signature, 1n);
    // What a lax implementation checks: [S]B = R + [k]A.
    const [r, a] = [sound.signature.subarray(0, 32), publicKeyOf(officeKey).bytes];
    const k = littleEndian(sha512(Buffer.concat([r, a, Buffer.from(digest, 'hex')]))) % order;
    const left = ed25519.Point.BASE.multiply(littleEndian(malleable.subarray(32)) % order);
    const right = point(r).add(point(a).multiply(k));
    expect(left.equals(right)).toBe(true);

    const globalSignature = sign(officeKey, Buffer.concat([malleable, Buffer.from(sound.trustedComment)]));
    expect(outcome([{ ...sound, signature: malleable, globalSignature }], trust)).toBe(
      'verify.bad-signature',
    );
  });

  it('is refused for every multiple of L that fits, and for the global signature too', () => {
    const sound = blockBy(officeKey);
    for (let times = 1n; times < 15n; times++)
      expect(outcome([{ ...sound, globalSignature: stretched(sound.globalSignature, times) }], trust)).toBe(
        'verify.bad-signature',
      );
  });
});

describe('a node', () => {
  it('refuses everything without a trusted key', () => {
    expect(outcome([blockBy(officeKey)], { keys: [], threshold: 1 })).toBe('trust.no-keys');
    expect(outcome([blockBy(officeKey)], { keys: [], threshold: 0 })).toBe('trust.no-keys');
  });

  it('refuses everything with a threshold that cannot be right', () => {
    const keys = trusted(officeKey, deputyKey);
    const blocks = [blockBy(officeKey), blockBy(deputyKey)];
    for (const threshold of [0, -1, 1.5, 3, NaN, Infinity, '1' as unknown as number])
      expect([threshold, outcome(blocks, { keys, threshold })]).toEqual([threshold, 'trust.threshold']);
  });

  it('refuses everything when it trusts one key twice, under the same id or another', () => {
    const [office] = trusted(officeKey);
    if (!office) throw new Error('no key');
    const blocks = [blockBy(officeKey), { ...blockBy(officeKey), keyId: deputyKey.keyId }];
    const sameBytes = { keys: [office, { ...office, keyId: deputyKey.keyId }], threshold: 2 };
    const sameId = { keys: [office, { ...office, bytes: publicKeyOf(deputyKey).bytes }], threshold: 2 };
    expect(outcome(blocks, sameBytes)).toBe('trust.duplicate');
    expect(outcome(blocks, sameId)).toBe('trust.duplicate');
    expect(codeOf(() => checkTrust({ keys: [office, office], threshold: 1 }))).toBe('trust.duplicate');
  });
});

function point(bytes: Buffer): typeof ed25519.Point.BASE {
  return ed25519.Point.fromHex(bytes.toString('hex'));
}

function sha512(bytes: Buffer): Buffer {
  return createHash('sha512').update(bytes).digest();
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
