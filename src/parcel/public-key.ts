/**
 * Office public keys in minisign's format. Which of them are fit to be trusted: `fit-key.ts`, apart because the curve takes
 * long to load.
 *
 *   untrusted comment: minisign public key <key id>⏎
 *   base64( 'Ed' ‖ key id, 8 bytes ‖ Ed25519 public key, 32 bytes )⏎
 */
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
 * Reads a public key file as it stands. Nothing is to be believed by such a key before `fit-key.ts` has looked at it.
 *
 * @throws FerrymanError `key.malformed`
 */
export function readUnjudgedKey(text: string): PublicKey {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('untrusted comment:'));
  const packed = Buffer.from(lines[0] ?? '', 'base64');
  if (packed.length === secretKeyBytes)
    throw new FerrymanError('key.malformed', 'expected a public key, found a secret key: give the .pub file');
  const key = unpack(packed);
  if (lines.length !== 1 || !key)
    throw new FerrymanError('key.malformed', 'expected a minisign public key, found something else');
  return key;
}

/** Reads what {@link pack} gives; `undefined` when it is something else. */
export function unpack(packed: Buffer): PublicKey | undefined {
  if (packed.length !== 42 || packed.toString('latin1', 0, 2) !== 'Ed') return undefined;
  return { keyId: formatKeyId(packed.subarray(2, 10)), bytes: Buffer.from(packed.subarray(10)) };
}

export function formatPublicKey(key: PublicKey): string {
  return `untrusted comment: minisign public key ${key.keyId}\n${pack(key).toString('base64')}\n`;
}

/** As it stands in its file, before base64. */
export function pack({ keyId, bytes }: PublicKey): Buffer {
  return Buffer.concat([Buffer.from('Ed'), Buffer.from(keyId, 'hex').reverse(), bytes]);
}
