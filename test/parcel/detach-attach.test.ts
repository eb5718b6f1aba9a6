/** Signatures travel apart from their parcel, or with copies of it, and come together to the same bytes. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { findFraming, joinComment, tailBytes, withoutComment } from '../../src/parcel/framing.ts';
import {
  formatBlock,
  formatComment,
  mergeBlocks,
  parseComment,
  parseMinisig,
} from '../../src/parcel/signature-block.ts';
import { signDigest } from '../../src/parcel/secret-key.ts';
import { verify } from '../../src/verify/verify.ts';
import { digestOf, fixedKey, trusted, unsignedUpdate } from '../kit/office.ts';
import { hashed } from '../kit/judge.ts';

const keys = Array.from({ length: 3 }, (_, index) => fixedKey(index + 1));
const some = fc.subarray(keys, { minLength: 1 });
const comment = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 512,
});
const update = fc.record({
  title: fc.stringMatching(/^[a-z ]{0,20}$/),
  script: fc.string({ maxLength: 50 }),
});

it('a parcel that is signed, taken apart and put together in any order is the same bytes, and verifies', () => {
  fc.assert(
    fc.property(update, some, comment, fc.func(fc.integer()), (draft, signers, trustedComment, order) => {
      const unsigned = unsignedUpdate(draft);
      const blocks = signers.map((key) => signDigest(digestOf(unsigned), key, trustedComment));
      const parcel = joinComment(unsigned, formatComment(blocks));

      const framing = findFraming(parcel.subarray(-tailBytes), parcel.length);
      const files = parseComment(framing.comment).map(formatBlock);
      const shuffled = files.toSorted((a, b) => order(a) - order(b)).map(parseMinisig);
      const merged = shuffled.reduce((all, block) => mergeBlocks([block], all), [] as typeof shuffled);
      const again = joinComment(withoutComment(parcel, framing), formatComment(merged));

      expect(again.equals(parcel)).toBe(true);
      const trust = { keys: trusted(...signers), threshold: signers.length };
      const { digest, framing: found } = hashed(again);
      expect(verify({ digest, blocks: parseComment(found.comment) }, trust).signers).toEqual(
        signers.map(({ keyId }) => keyId).toSorted(),
      );
    }),
    { numRuns: 15 },
  );
});

it('verification does not depend on the order of the trusted keys', () => {
  const unsigned = unsignedUpdate({});
  const digest = digestOf(unsigned);
  const signed = new Map(keys.map((key) => [key, signDigest(digest, key, '')]));
  fc.assert(
    fc.property(some, some, fc.integer({ min: 1, max: 3 }), (signers, believed, wished) => {
      const blocks = parseComment(formatComment(signers.flatMap((key) => signed.get(key) ?? [])));
      const threshold = Math.min(wished, believed.length);
      const ends = [believed, believed.toReversed()].map((list) => {
        try {
          return verify({ digest, blocks }, { keys: trusted(...list), threshold }).signers;
        } catch (error) {
          return (error as { code?: string }).code;
        }
      });
      expect(ends[0]).toEqual(ends[1]);
    }),
    { numRuns: 15 },
  );
});
