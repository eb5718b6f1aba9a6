/**
 * Office public keys in minisign's format, and which of them are fit to be trusted.
 *
 *   untrusted comment: minisign public key <key id>⏎
 *   base64( 'Ed' ‖ key id, 8 bytes ‖ Ed25519 public key, 32 bytes )⏎
 */
import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { FerrymanError } from '../errors.ts';
import { formatKeyId } from './signature-block.ts';

/** Bytes of a secret key file's second line: told apart to warn whoever mixes the two up. */
const secretKeyBytes = 158;

export interface PublicKey {
  /** 16 upper-case hex digits. */
  readonly keyId: string;
  /** 32 bytes. */
  readonly bytes: Buffer;
}

/**
 * Reads a public key file and refuses keys that prove nothing.
 *
 * @throws FerrymanError `key.malformed`, `key.weak`
 */
export function parsePublicKey(text: string): PublicKey {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('untrusted comment:'));
  const packed = Buffer.from(lines[0] ?? '', 'base64');
  if (packed.length === secretKeyBytes)
    throw new FerrymanError('key.malformed', 'expected a public key, found a secret key: give the .pub file');
  if (lines.length !== 1 || packed.length !== 42 || packed.toString('latin1', 0, 2) !== 'Ed') {
    throw new FerrymanError('key.malformed', 'expected a minisign public key, found something else');
  }
  const key = { keyId: formatKeyId(packed.subarray(2, 10)), bytes: Buffer.from(packed.subarray(10)) };
  checkStrength(key);
  return key;
}

/** A key of small order accepts signatures that nobody made; one off the prime-order group is never made honestly. */
function checkStrength({ keyId, bytes }: PublicKey): void {
  const weak = (why: string): FerrymanError =>
    new FerrymanError(
      'key.weak',
      `key ${keyId}: expected an Ed25519 public key of prime order, found ${why}`,
    );
  let point;
  try {
    point = ed25519.Point.fromBytes(bytes);
  } catch (error) {
    throw new FerrymanError('key.weak', weak('bytes that are no point on the curve').message, {
      cause: error,
    });
  }
  if (point.isSmallOrder()) throw weak('one of low order');
  if (!point.isTorsionFree()) throw weak('one of mixed order');
}

export function formatPublicKey(key: PublicKey): string {
  return `untrusted comment: minisign public key ${key.keyId}\n${pack(key).toString('base64')}\n`;
}

function pack({ keyId, bytes }: PublicKey): Buffer {
  return Buffer.concat([Buffer.from('Ed'), Buffer.from(keyId, 'hex').reverse(), bytes]);
}

/**
 * SHA-256 over the packed key, 64 lower-case hex digits: what `tail -n 1 NAME.pub | base64 -d | sha256sum` prints.
 */
export function fingerprintOf(key: PublicKey): string {
  return createHash('sha256').update(pack(key)).digest('hex');
}

/** Hex digits of a fingerprint that are read out: 128 bits, which nobody can find a second key for. */
export const spokenDigits = 32;

/** The beginning of a fingerprint in groups of four, to be read out and compared over a telephone. */
export function spokenFingerprint(key: PublicKey): string {
  return (fingerprintOf(key).slice(0, spokenDigits).match(/.{4}/g) ?? []).join(' ');
}
