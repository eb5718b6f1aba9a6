/**
 * Secret keys in minisign's format, encrypted or not, and signing with them.
 *
 *   untrusted comment: …⏎
 *   base64( 'Ed' ‖ kdf 'Sc' or 00 00 ‖ checksum 'B2' ‖ salt 32 ‖ opslimit u64le ‖ memlimit u64le
 *           ‖ ( key id 8 ‖ secret key 64 ‖ checksum 32 ) XOR scrypt(passphrase, salt) )⏎
 *
 * The checksum is BLAKE2b-256('Ed' ‖ key id ‖ secret key); stock minisign leaves it zero in unencrypted keys.
 */
import { scryptSync } from 'node:crypto';
import { blake2b } from '@noble/hashes/blake2.js';
import nacl from 'tweetnacl';
import { FerrymanError } from '../errors.ts';
import { maxTrustedCommentBytes } from './limits.ts';
import { type PublicKey } from './public-key.ts';
import { formatKeyId, type SignatureBlock } from './signature-block.ts';

export interface SecretKey {
  /** 16 upper-case hex digits. */
  readonly keyId: string;
  /** 64 bytes: seed ‖ public key, as tweetnacl and libsodium hold it. */
  readonly bytes: Buffer;
}

/** Asks for the passphrase; called only for encrypted keys. */
export type AskPassphrase = () => string | Promise<string>;

const packedBytes = 158;
const secretPartBytes = 104;
const kdfScrypt = 'Sc';
const kdfNone = '\0\0';
/** libsodium's SENSITIVE limits, as stock minisign uses: N = 2^20, r = 8, p = 1. */
const opsLimit = 33_554_432n;
const memLimit = 1_073_741_824n;

/** Makes a new key from 40 random bytes: 32 for the seed, 8 for the key id. */
export function makeKey(randomBytes: (count: number) => Buffer): SecretKey {
  const pair = nacl.sign.keyPair.fromSeed(randomBytes(32));
  return { keyId: formatKeyId(randomBytes(8)), bytes: Buffer.from(pair.secretKey) };
}

export function publicKeyOf({ keyId, bytes }: SecretKey): PublicKey {
  return { keyId, bytes: Buffer.from(bytes.subarray(32)) };
}

/**
 * Reads a secret key file.
 *
 * @throws FerrymanError `key.malformed`, `key.passphrase`, `key.kdf-limit`
 */
export async function parseSecretKey(text: string, askPassphrase: AskPassphrase): Promise<SecretKey> {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const packed = Buffer.from(lines[1] ?? '', 'base64');
  const kdf = packed.toString('latin1', 2, 4);
  if (
    lines.length !== 2 ||
    packed.length !== packedBytes ||
    packed.toString('latin1', 0, 2) !== 'Ed' ||
    packed.toString('latin1', 4, 6) !== 'B2' ||
    (kdf !== kdfScrypt && kdf !== kdfNone)
  ) {
    throw new FerrymanError('key.malformed', 'expected a minisign secret key, found something else');
  }
  const hidden = packed.subarray(packedBytes - secretPartBytes);
  const open = kdf === kdfNone ? hidden : xor(hidden, deriveMask(packed, await askPassphrase()));
  const key = { keyId: formatKeyId(open.subarray(0, 8)), bytes: Buffer.from(open.subarray(8, 72)) };
  const found = open.subarray(72);
  const unchecked = kdf === kdfNone && found.every((byte) => byte === 0);
  if (!unchecked && !found.equals(checksum(open.subarray(0, 8), key.bytes))) {
    if (kdf === kdfScrypt)
      throw new FerrymanError('key.passphrase', 'expected the passphrase of this key, found another');
    throw new FerrymanError(
      'key.malformed',
      'expected an intact secret key, found one whose checksum is wrong',
    );
  }
  const derived = nacl.sign.keyPair.fromSeed(key.bytes.subarray(0, 32));
  if (!Buffer.from(derived.secretKey).equals(key.bytes))
    throw new FerrymanError('key.malformed', 'expected a secret key that belongs to its public half');
  return key;
}

/** The key as a file that stock minisign reads. @param passphrase `undefined` leaves the key unencrypted */
export function formatSecretKey(
  key: SecretKey,
  passphrase: string | undefined,
  randomBytes: (count: number) => Buffer,
): string {
  const keyIdBytes = Buffer.from(key.keyId, 'hex').reverse();
  const encrypted = passphrase !== undefined;
  const header = Buffer.alloc(packedBytes - secretPartBytes);
  header.write('Ed', 0, 'latin1');
  header.write(encrypted ? kdfScrypt : kdfNone, 2, 'latin1');
  header.write('B2', 4, 'latin1');
  if (encrypted) {
    randomBytes(32).copy(header, 6);
    header.writeBigUInt64LE(opsLimit, 38);
    header.writeBigUInt64LE(memLimit, 46);
  }
  const open = Buffer.concat([
    keyIdBytes,
    key.bytes,
    encrypted ? checksum(keyIdBytes, key.bytes) : Buffer.alloc(32),
  ]);
  const hidden = encrypted ? xor(open, deriveMask(header, passphrase)) : open;
  const label = encrypted
    ? 'minisign encrypted secret key'
    : 'minisign unencrypted secret key: keep it from others';
  return `untrusted comment: ${label}\n${Buffer.concat([header, hidden]).toString('base64')}\n`;
}

function checksum(keyIdBytes: Buffer, secret: Buffer): Buffer {
  return Buffer.from(blake2b(Buffer.concat([Buffer.from('Ed'), keyIdBytes, secret]), { dkLen: 32 }));
}

/** scrypt with the cost that libsodium's `pickparams` derives from the limits in the file. */
function deriveMask(header: Buffer, passphrase: string): Buffer {
  const ops = header.readBigUInt64LE(38);
  const mem = header.readBigUInt64LE(46);
  if (ops > opsLimit || mem > memLimit || ops < 32_768n || mem < 16_777_216n) {
    throw new FerrymanError(
      'key.kdf-limit',
      `expected scrypt limits of at most ${opsLimit} operations and ${memLimit} bytes, found ${ops} and ${mem}`,
    );
  }
  const r = 8n;
  const maxCost = ops < mem / 32n ? ops / (r * 4n) : mem / (r * 128n);
  let cost = 2n;
  while (cost <= maxCost / 2n) cost *= 2n;
  const p = ops < mem / 32n ? 1n : ops / 4n / cost / r;
  const maxmem = 128n * cost * r + 64n * 1024n * 1024n;
  return scryptSync(passphrase, header.subarray(6, 38), secretPartBytes, {
    N: Number(cost),
    r: Number(r),
    p: Number(p),
    maxmem: Number(maxmem),
  });
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
}

/**
 * Signs a parcel's digest as minisign does in its prehashed mode.
 *
 * @param digest 128 hex digits: BLAKE2b-512 of S
 * @throws FerrymanError `signature.malformed` when the comment holds anything but printable ASCII and tabs
 */
export function signDigest(digest: string, key: SecretKey, trustedComment: string): SignatureBlock {
  if (trustedComment.length > maxTrustedCommentBytes || !/^[\t\x20-\x7e]*$/.test(trustedComment)) {
    throw new FerrymanError(
      'signature.malformed',
      `trusted comment: expected at most ${maxTrustedCommentBytes} printable ASCII characters, found others`,
    );
  }
  const signature = Buffer.from(nacl.sign.detached(Buffer.from(digest, 'hex'), key.bytes));
  const globalSignature = Buffer.from(
    nacl.sign.detached(Buffer.concat([signature, Buffer.from(trustedComment)]), key.bytes),
  );
  return { keyId: key.keyId, signature, trustedComment, globalSignature };
}
