/** A `.minisig` file that is accepted can be written into a parcel, and is read there as the same block. */
import { isDeepStrictEqual } from 'node:util';
import { formatComment, parseComment, parseMinisig } from '../../../src/parcel/signature-block.ts';
import { commentSeeds } from '../seeds.ts';
import { holds, readOrRefuse, type Target } from '../target.ts';

export const minisig: Target = {
  name: 'minisig',
  maxBytes: 4 * 1024,
  blocksPerByte: 10,
  words: ['\r\n'],
  seeds: commentSeeds,
  run(input) {
    const block = readOrRefuse(
      () => parseMinisig(input.toString()),
      ['signature.malformed', 'signature.legacy'],
    );
    if (typeof block === 'string') return block;
    holds(
      isDeepStrictEqual(parseComment(formatComment([block])), [block]),
      'a block is written and read the same',
    );
    return 'accepted';
  },
};
