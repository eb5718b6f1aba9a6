/**
 * The check at the end of an SMS: only the node and the proxy that it writes to can make it, from the keys that they have anyway. No
 * secret is handed out for it. Pure. Spec: docs/format.md §17, docs/decisions/0015.
 *
 *   shared = X25519(own identity, the other's identity)        both as points of Curve25519
 *   key    = HKDF-SHA256(shared, no salt, "ferryman-sms-1" ‖ node's key ‖ proxy's key, 32 bytes)
 *   check  = the first 60 bits of HMAC-SHA256(key, GUID of the node ‖ line feed ‖ text before the check), in base32
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { checkLength, digits32, type SmsText } from './text.ts';

/** Of one node and one proxy, whichever of them has made it. 32 bytes. */
export type SmsKey = Buffer;

/** What the two ends are known by: Ed25519, 32 bytes each. */
interface Ends {
  readonly node: Buffer;
  readonly proxy: Buffer;
}

/** The key as the node makes it. @param seed the first 32 bytes of its secret key. @param proxy public key */
export function keyOfNode(seed: Buffer, proxy: Buffer): SmsKey {
  return derive(seed, proxy, { node: Buffer.from(ed25519.getPublicKey(seed)), proxy });
}

/** The key as the proxy makes it. @param seed of its own key. @param node public key. @throws Error when that is no fit key */
export function keyOfProxy(seed: Buffer, node: Buffer): SmsKey {
  return derive(seed, node, { node, proxy: Buffer.from(ed25519.getPublicKey(seed)) });
}

function derive(seed: Buffer, other: Buffer, { node, proxy }: Ends): SmsKey {
  const secret = ed25519.utils.toMontgomerySecret(seed);
  const shared = x25519.getSharedSecret(secret, ed25519.utils.toMontgomery(other));
  const info = Buffer.concat([Buffer.from('ferryman-sms-1'), node, proxy]);
  return Buffer.from(hkdfSync('sha256', shared, Buffer.alloc(0), info, 32));
}

/** The check over a text. @param guid of the node, in full: what the text has of it is its beginning */
export function smsCheck(key: SmsKey, guid: string, checked: string): string {
  const mac = createHmac('sha256', key).update(`${guid}\n${checked}`).digest();
  const bits = mac.readBigUInt64BE(0) >> 4n;
  return Array.from(
    { length: checkLength },
    (_, index) => digits32[Number((bits >> BigInt(5 * (checkLength - 1 - index))) & 31n)],
  ).join('');
}

/** Whether the node of this GUID and key has written a text. */
export function isWrittenBy({ checked, check, node }: SmsText, guid: string, key: SmsKey): boolean {
  return (
    guid.startsWith(node) && timingSafeEqual(Buffer.from(smsCheck(key, guid, checked)), Buffer.from(check))
  );
}
