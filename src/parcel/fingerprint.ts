/** Fingerprints of office keys, by which people compare them. */
import { createHash } from 'node:crypto';
import { pack, type PublicKey } from './public-key.ts';

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
