/** Reads office public keys, and refuses those that prove nothing. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { FerrymanError } from '../errors.ts';
import { readUnjudgedKey, type PublicKey } from './public-key.ts';

/**
 * Reads a public key file that is fit to be trusted.
 *
 * @throws FerrymanError `key.malformed`, `key.weak`
 */
export function parsePublicKey(text: string): PublicKey {
  const key = readUnjudgedKey(text);
  checkStrength(key);
  return key;
}

/**
 * A key of small order accepts signatures that nobody made; one off the prime-order group is never made honestly.
 *
 * @throws FerrymanError `key.weak`
 */
export function checkStrength({ keyId, bytes }: PublicKey): void {
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
