/**
 * Decides whether a parcel is the office's: enough distinct trusted keys signed its digest, and no trusted key's
 * signature is wrong. Pure: no files, no clock. Reads nothing of the archive.
 *
 * An update runs as root, so each signature must satisfy two independent implementations: OpenSSL's (by node:crypto, which
 * refuses malleable signatures) and tweetnacl's. Spec: docs/format.md §3.
 */
import { createPublicKey, verify as cryptoVerify } from 'node:crypto';
import nacl from 'tweetnacl';
import { FerrymanError } from '../errors.ts';
import { enrolmentWord } from '../parcel/enrolment.ts';
import type { PublicKey } from '../parcel/public-key.ts';
import type { SignatureBlock } from '../parcel/signature-block.ts';
import { checkTrust, type Trust } from './trust.ts';

/**
 * Proof that enough trusted keys signed a digest. Only {@link verify} makes one.
 */
class Verified {
  // A private field makes the type nominal: nothing else in the program can pass for it.
  readonly #proof = true;
  readonly digest: string;
  /** The blocks whose signatures were checked and found right, sorted by key id. */
  readonly blocks: readonly SignatureBlock[];

  constructor(digest: string, blocks: readonly SignatureBlock[]) {
    this.digest = digest;
    this.blocks = blocks;
  }

  /** Key ids of the signers, sorted. */
  get signers(): string[] {
    return this.#proof ? this.blocks.map((block) => block.keyId) : [];
  }
}

export type VerifiedParcel = Verified;

/** What verification looks at; made by arrival from the private copy. */
export interface Signed {
  /** BLAKE2b-512 of S, 128 hex digits. */
  readonly digest: string;
  readonly blocks: readonly SignatureBlock[];
}

/**
 * @throws FerrymanError `trust.no-keys`, `trust.threshold`, `trust.duplicate`, `verify.unknown-key`, `verify.by-node`,
 *   `verify.bad-signature`, `verify.threshold`, `verify.by-node`
 */
export function verify({ digest, blocks }: Signed, trust: Trust): VerifiedParcel {
  checkTrust(trust);
  const claims = blocks.flatMap((block): Claim[] => {
    const key = trust.keys.find((candidate) => candidate.keyId === block.keyId);
    return key ? [{ key, block }] : [];
  });
  // All by the fast implementation before any by the slow one: a forgery costs little.
  for (const isSignature of [opensslAccepts, tweetnaclAccepts]) {
    for (const claim of claims) {
      if (!isTrue(claim, digest, isSignature))
        throw new FerrymanError(
          'verify.bad-signature',
          `expected a signature by key ${claim.key.keyId} over this parcel, found one that does not match`,
        );
    }
  }
  if (claims.length === 0) {
    if (claimsNode(blocks))
      throw new FerrymanError(
        'verify.by-node',
        'expected a parcel that the office has signed, found one that a node says it has',
      );
    const trusted = trust.keys.map((key) => key.keyId).join(', ');
    throw new FerrymanError(
      'verify.unknown-key',
      `expected a signature by a trusted key (${trusted}), found only unknown keys`,
    );
  }
  if (claims.length < trust.threshold) {
    throw new FerrymanError(
      'verify.threshold',
      `expected signatures by ${trust.threshold} trusted keys, found ${claims.length}`,
    );
  }
  const good = claims.map(({ block }) => block);
  return new Verified(digest, good);
}

/** Says that a node has signed it, and carries the enrolment that is to prove that (docs/format.md §12). Proves nothing. */
export function claimsNode(blocks: readonly SignatureBlock[]): boolean {
  return blocks.length === 1 && blocks[0]?.trustedComment.startsWith(`${enrolmentWord} `) === true;
}

/** A block that says it is by a key that is trusted here. */
interface Claim {
  readonly key: PublicKey;
  readonly block: SignatureBlock;
}

type SignatureCheck = (key: Buffer, message: Buffer, signature: Buffer) => boolean;

function isTrue({ key, block }: Claim, digest: string, isSignature: SignatureCheck): boolean {
  const signedDigest = Buffer.from(digest, 'hex');
  const signedComment = Buffer.concat([block.signature, Buffer.from(block.trustedComment, 'latin1')]);
  return (
    isSignature(key.bytes, signedDigest, block.signature) &&
    isSignature(key.bytes, signedComment, block.globalSignature)
  );
}

/** SubjectPublicKeyInfo header of an Ed25519 key, RFC 8410. */
const spkiHeader = Buffer.from('302a300506032b6570032100', 'hex');

const opensslAccepts: SignatureCheck = (key, message, signature) => {
  const keyObject = createPublicKey({ key: Buffer.concat([spkiHeader, key]), format: 'der', type: 'spki' });
  return cryptoVerify(null, message, keyObject, signature);
};

const tweetnaclAccepts: SignatureCheck = (key, message, signature) =>
  nacl.sign.detached.verify(message, signature, key);
