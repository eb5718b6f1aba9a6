import { text, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { writeDurably } from '../../src/durable/write-file.ts';
import { formatBlock, parseComment } from '../../src/parcel/signature-block.ts';
import { refuseExisting } from './output.ts';
import { readParcel } from './parcel-file.ts';

export function run(input: Input, io: Io): number {
  const [file = ''] = input.args;
  const output = text(input, 'output') ?? '';
  const parcel = readParcel(file);
  const blocks = parseComment(parcel.framing.comment);
  const single = blocks.length === 1;
  const signatures = blocks.map((block) => ({
    path: single ? `${output}.minisig` : `${output}.${block.keyId}.minisig`,
    text: formatBlock(block),
  }));
  for (const path of [output, ...signatures.map((one) => one.path)]) refuseExisting(path);
  writeDurably(output, parcel.unsigned, { mode: 0o644, existing: 'refuse' });
  for (const signature of signatures)
    writeDurably(signature.path, signature.text, { mode: 0o644, existing: 'refuse' });
  io.out([output, ...signatures.map((one) => one.path), ''].join('\n'));
  return 0;
}
