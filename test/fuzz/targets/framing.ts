/** Framing agrees with a naive reading of the rule, and cuts a parcel into parts that join to the same bytes. */
import { createHash } from 'node:crypto';
import {
  findFraming,
  joinComment,
  ParcelHasher,
  tailBytes,
  withoutComment,
} from '../../../src/parcel/framing.ts';
import { parcelSeeds } from '../seeds.ts';
import { holds, readOrRefuse, type Target } from '../target.ts';

export const framing: Target = {
  name: 'framing',
  maxBytes: 40 * 1024,
  blocksPerByte: 10,
  words: ['PK\x05\x06', 'PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'],
  seeds: parcelSeeds,
  run(input) {
    const ends = possibleEnds(input);
    const expected =
      ends.length === 0 ? 'framing.truncated' : ends.length > 1 ? 'framing.ambiguous' : 'accepted';
    const found = readOrRefuse(
      () => findFraming(input.subarray(-tailBytes), input.length),
      ['framing.truncated', 'framing.ambiguous'],
    );
    holds((typeof found === 'string' ? found : 'accepted') === expected, `framing says ${expected}`);
    if (typeof found === 'string') return found;
    holds(found.eocdOffset === ends[0], 'the end record is where it is');
    const unsigned = withoutComment(input, found);
    holds(joinComment(unsigned, found.comment).equals(input), 'a parcel is joined from its parts');
    const { digest, fileHash } = hashInPieces(input);
    holds(digest === blake2b(unsigned), 'the digest is that of the zip without its comment');
    holds(fileHash === blake2b(input), 'the file hash is that of the file');
    return 'accepted';
  },
};

/** Every offset that docs/format.md §2 takes for an end record, byte by byte. */
function possibleEnds(input: Buffer): number[] {
  const ends: number[] = [];
  for (let at = Math.max(0, input.length - tailBytes); at + 22 <= input.length; at++) {
    if (input.readUInt32BE(at) !== 0x504b0506 || input.readUInt16LE(at + 20) !== input.length - at - 22)
      continue;
    if (/^[\t\n\x20-\x7e]*$/.test(input.toString('latin1', at + 22))) ends.push(at);
  }
  return ends;
}

function hashInPieces(input: Buffer): { readonly digest: string; readonly fileHash: string } {
  const hasher = new ParcelHasher();
  const first = (input[0] ?? 0) * 64;
  hasher.update(input.subarray(0, first));
  hasher.update(input.subarray(first));
  return hasher.finish();
}

function blake2b(bytes: Buffer): string {
  return createHash('blake2b512').update(bytes).digest('hex');
}
