import { readFileSync } from 'node:fs';
import { text, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { writeDurably } from '../../src/durable/write-file.ts';
import { joinComment } from '../../src/parcel/framing.ts';
import { formatComment, mergeBlocks, parseMinisig } from '../../src/parcel/signature-block.ts';
import { blocksOf, checkArchive, readParcel } from './parcel-file.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [zip = '', minisig = ''] = input.args;
  const output = text(input, 'output') ?? '';
  const parcel = readParcel(zip);
  const blocks = blocksOf(parcel);
  const block = parseMinisig(readFileSync(minisig, 'latin1'));
  const { sequence, title } = await checkArchive(parcel);
  const merged = mergeBlocks([block], blocks);
  writeDurably(output, joinComment(parcel.unsigned, formatComment(merged)), {
    mode: 0o644,
    existing: 'refuse',
  });
  io.out(
    `update ${sequence} "${title}": signature by ${block.keyId} attached, not checked: sign-update verify ${output} --pub FILE\n`,
  );
  return 0;
}
