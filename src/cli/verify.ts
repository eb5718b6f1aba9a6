import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FileSource, withFile } from '../durable/file-source.ts';
import { hashParcel } from '../inbox/inbox.ts';
import { loadConfig } from '../node/config.ts';
import { loadTrust } from '../node/trust-store.ts';
import { discard, openArchive, readContents } from '../parcel/archive.ts';
import { parseComment } from '../parcel/signature-block.ts';
import { verify } from '../verify/verify.ts';
import { json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const trust = loadTrust(layout, loadConfig(layout).trust.threshold);
  const [path = ''] = input.args;
  const { digest, framing } = await hashParcel(path, 'follow');
  const proof = verify({ digest, blocks: parseComment(framing.comment) }, trust);
  const { manifest } = await withFile(path, 'follow', async (fd) => {
    const source = new FileSource(fd);
    const archive = await openArchive(source, framing.eocdOffset);
    await readContents(source, archive, () => discard);
    return archive;
  });
  const { sequence, title } = manifest;
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
