/** A comment that is accepted is what would be written for its blocks. */
import { formatComment, parseComment } from '../../../src/parcel/signature-block.ts';
import { commentSeeds } from '../seeds.ts';
import { holds, readOrRefuse, type Target } from '../target.ts';

export const signatureBlocks: Target = {
  name: 'signature-blocks',
  maxBytes: 20 * 1024,
  blocksPerByte: 10,
  seeds: commentSeeds,
  run(input) {
    const blocks = readOrRefuse(
      () => parseComment(input),
      ['framing.unsigned', 'signature.malformed', 'signature.legacy'],
    );
    if (typeof blocks === 'string') return blocks;
    holds(formatComment(blocks).equals(input), 'blocks have one spelling');
    holds(blocks.length >= 1 && blocks.length <= 16, 'there are 1 to 16 blocks');
    holds(
      new Set(blocks.map(({ keyId }) => keyId)).size === blocks.length,
      'there is one block for each key',
    );
    holds(
      blocks.every(
        ({ signature, globalSignature }) => signature.length === 64 && globalSignature.length === 64,
      ),
      'signatures have 64 bytes',
    );
    return `accepted ${blocks.length}`;
  },
};
