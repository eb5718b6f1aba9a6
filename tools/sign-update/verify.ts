import { flag, text, texts, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { wholeNumber } from '../../src/command-line/values.ts';
import { bufferSource } from '../../src/parcel/buffer-source.ts';
import { verifyAnyParcel } from '../../src/verify/any-parcel.ts';
import { verifiedInWords, verifiedJson } from '../../src/verify/any-parcel-words.ts';
import { readPublicKey } from '../../src/command-line/key-file.ts';
import { readParcel } from './parcel-file.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [file = ''] = input.args;
  const threshold = wholeNumber('--threshold', text(input, 'threshold') ?? '1', 1);
  const keys = texts(input, 'pub').map(readPublicKey);
  const parcel = readParcel(file);
  // The office makes the rosters: what is revoked is for the nodes to know.
  const trust = { trust: { keys, threshold }, revoked: [] };
  const verified = {
    ...(await verifyAnyParcel(parcel, bufferSource(parcel.bytes), trust)),
    digest: parcel.digest,
  };
  if (flag(input, 'json'))
    io.out(
      `${JSON.stringify({ schema: 'sign-update.verify/1', ...verifiedJson(verified, threshold) }, null, 2)}\n`,
    );
  else io.out(verifiedInWords(verified, threshold));
  return 0;
}
