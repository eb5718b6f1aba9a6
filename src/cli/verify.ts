import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { loadConfig } from '../node/config.ts';
import { loadTrust } from '../node/trust-store.ts';
import { discard, readContents } from '../parcel/archive.ts';
import { readArchive, withVerified } from '../store/verified-file.ts';
import { json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const trust = loadTrust(layout, loadConfig(layout).trust.threshold);
  const [path = ''] = input.args;
  const { digest, proof, sequence, title } = await withVerified(path, 'follow', trust, async (file) => {
    const archive = await readArchive(file);
    await readContents(file.source, archive, () => discard);
    return { ...file, ...archive.manifest };
  });
  if (flag(input, 'json'))
    json(io, {
      schema: 'ferryman.verify/1',
      sequence,
      title,
      digest,
      signers: proof.signers,
      threshold: trust.threshold,
    });
  else
    io.out(
      `update ${sequence} "${title}" is good\n  digest     ${digest.slice(0, 16)}\n  signed by  ${proof.signers.join(', ')} (${trust.threshold} needed)\n`,
    );
  return 0;
}
