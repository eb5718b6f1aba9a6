import { flag, text, texts, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { wholeNumber } from '../../src/command-line/values.ts';
import { parseComment } from '../../src/parcel/signature-block.ts';
import { verify } from '../../src/verify/verify.ts';
import { readPublicKey } from './key-file.ts';
import { checkArchive, readParcel } from './parcel-file.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [file = ''] = input.args;
  const threshold = wholeNumber('--threshold', text(input, 'threshold') ?? '1', 1);
  const keys = texts(input, 'pub').map(readPublicKey);
  const parcel = readParcel(file);
  const { signers } = verify(
    { digest: parcel.digest, blocks: parseComment(parcel.framing.comment) },
    { keys, threshold },
  );
  const { sequence, title, recipients } = await checkArchive(parcel);
  if (flag(input, 'json'))
    io.out(
      `${JSON.stringify({ schema: 'sign-update.verify/1', sequence, title, recipients, digest: parcel.digest, signers, threshold }, null, 2)}\n`,
    );
  else
    io.out(
      `update ${sequence} "${title}" for ${recipients.join(', ')} is good\n  digest     ${parcel.digest.slice(0, 16)}\n  signed by  ${signers.join(', ')} (${threshold} needed)\n`,
    );
  return 0;
}
