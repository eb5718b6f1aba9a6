/**
 * Office public keys in minisign's format, and which of them are fit to be trusted.
 *
 *   untrusted comment: minisign public key <key id>⏎
 *   base64( 'Ed' ‖ key id, 8 bytes ‖ Ed25519 public key, 32 bytes )⏎
 */
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

export function formatPublicKey({ keyId, bytes }: PublicKey): string {
  const packed = Buffer.concat([Buffer.from('Ed'), Buffer.from(keyId, 'hex').reverse(), bytes]);
  return `untrusted comment: minisign public key ${keyId}\n${packed.toString('base64')}\n`;
}
