/** A secret key file that is accepted is written and read back the same; an encrypted one asks for its passphrase. */
import { isDeepStrictEqual } from 'node:util';
import { deputyKey, officeKey } from '../../../fixtures/kit/keys.ts';
import { formatSecretKey, parseSecretKey } from '../../../src/parcel/secret-key.ts';
import { holds, refusalIn, type Target } from '../target.ts';

class Asked extends Error {}

function ask(): never {
  throw new Asked(); // scrypt as slow as it must be would leave time for few inputs
}

export const secretKey: Target = {
  name: 'secret-key',
  maxBytes: 1024,
  blocksPerByte: 10,
  words: ['\r\n', 'RWQ', 'Sc', 'B2', '='],
  seeds: () =>
    [officeKey, deputyKey].map((key) =>
      Buffer.from(formatSecretKey(key, undefined, (count) => Buffer.alloc(count))),
    ),
  async run(input) {
    try {
      const key = await parseSecretKey(input.toString(), ask);
      const again = await parseSecretKey(
        formatSecretKey(key, undefined, (count) => Buffer.alloc(count)),
        ask,
      );
      holds(isDeepStrictEqual(again, key), 'a key is written and read the same');
      return 'accepted';
    } catch (error) {
      return error instanceof Asked ? 'asked' : refusalIn(error, ['key.malformed']);
    }
  },
};
