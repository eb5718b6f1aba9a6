import { text, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { writeDurably } from '../../src/durable/write-file.ts';
import { FerrymanError } from '../../src/errors.ts';
import { parcelInWords } from '../../src/parcel/any-parcel.ts';
import { joinComment } from '../../src/parcel/framing.ts';
import { signDigest } from '../../src/parcel/secret-key.ts';
import { formatComment, mergeBlocks } from '../../src/parcel/signature-block.ts';
import { readSecretKey } from '../../src/command-line/key-file.ts';
import { blocksOf, checkArchive, readParcel } from './parcel-file.ts';
import { claimRoster, claimSequence } from './sequence-register.ts';
import { trustedComment } from './trusted-comment.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [file = ''] = input.args;
  const keyFile = text(input, 'key') ?? '';
  const parcel = readParcel(file);
  const blocks = blocksOf(parcel);
  const contents = await checkArchive(parcel);
  if (contents.kind === 'log' || contents.kind === 'ack')
    throw new FerrymanError(
      'usage.invalid',
      `${file}: expected a parcel that the office signs, found ${parcelInWords(contents)}, which a node signs alone`,
    );
  const key = await readSecretKey(keyFile, text(input, 'passphraseFile'), io);
  if (blocks.some((block) => block.keyId === key.keyId)) {
    throw new FerrymanError(
      'sign.already-signed',
      `${file}: expected no signature by key ${key.keyId}, found one`,
    );
  }
  if (contents.kind === 'update') claimSequence(keyFile, contents.manifest.sequence, parcel.digest);
  if (contents.kind === 'roster') claimRoster(keyFile, contents.manifest.number, parcel.digest);
  const signed = mergeBlocks(blocks, [signDigest(parcel.digest, key, trustedComment(contents))]);
  writeDurably(file, joinComment(parcel.unsigned, formatComment(signed)), {
    mode: 0o644,
    existing: 'replace',
  });
  io.out(`${parcelInWords(contents)}: signature by ${key.keyId} added, ${signed.length} in all\n`);
  return 0;
}
