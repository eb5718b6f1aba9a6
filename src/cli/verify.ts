import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { loadConfig } from '../node/config.ts';
import { loadTrust } from '../node/trust-store.ts';
import { openHashed } from '../store/verified-file.ts';
import { verifyAnyParcel } from '../verify/any-parcel.ts';
import { verifiedInWords, verifiedJson } from '../verify/any-parcel-words.ts';
import { json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const trust = loadTrust(layout, loadConfig(layout).trust.threshold);
  const [path = ''] = input.args;
  const file = await openHashed(path, 'follow');
  try {
    const verified = {
      ...(await verifyAnyParcel(file, file.source, { trust, revoked: [] })),
      digest: file.digest,
    };
    if (flag(input, 'json'))
      json(io, { schema: 'ferryman.verify/1', ...verifiedJson(verified, trust.threshold) });
    else io.out(verifiedInWords(verified, trust.threshold));
    return 0;
  } finally {
    file.close();
  }
}
