/** A public key file that is accepted holds a key of prime order, and is written and read back the same. */
import { isDeepStrictEqual } from 'node:util';
import { deputyKey, officeKey } from '../../../fixtures/kit/keys.ts';
import { parsePublicKey } from '../../../src/parcel/fit-key.ts';
import { formatPublicKey } from '../../../src/parcel/public-key.ts';
import { formatSecretKey, publicKeyOf } from '../../../src/parcel/secret-key.ts';
import { holds, readOrRefuse, type Target } from '../target.ts';

export const publicKey: Target = {
  name: 'public-key',
  maxBytes: 1024,
  blocksPerByte: 10,
  words: ['\r\n', 'RWQ', '=', 'untrusted comment:'],
  seeds: () =>
    [
      formatPublicKey(publicKeyOf(officeKey)),
      formatPublicKey(publicKeyOf(deputyKey)).replaceAll('\n', '\r\n'),
      formatSecretKey(officeKey, undefined, (count) => Buffer.alloc(count)),
      formatPublicKey({ keyId: '0000000000000000', bytes: Buffer.alloc(32) }),
    ].map((text) => Buffer.from(text)),
  run(input) {
    const key = readOrRefuse(() => parsePublicKey(input.toString()), ['key.malformed', 'key.weak']);
    if (typeof key === 'string') return key;
    holds(key.bytes.length === 32 && /^[0-9A-F]{16}$/.test(key.keyId), 'a key has 32 bytes and an id');
    holds(isDeepStrictEqual(parsePublicKey(formatPublicKey(key)), key), 'a key is written and read the same');
    return 'accepted';
  },
};
