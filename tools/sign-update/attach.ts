import { readFileSync } from 'node:fs';
import { text, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { writeDurably } from '../../src/durable/write-file.ts';
import { about, FerrymanError } from '../../src/errors.ts';
import { parcelInWords } from '../../src/parcel/any-parcel.ts';
import { joinComment } from '../../src/parcel/framing.ts';
import {
  formatComment,
  mergeBlocks,
  parseMinisig,
  type SignatureBlock,
} from '../../src/parcel/signature-block.ts';
import { blocksOf, checkArchive, readParcel } from './parcel-file.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [zip = '', ...minisigs] = input.args;
  const output = text(input, 'output') ?? '';
  const parcel = readParcel(zip);
  const given = minisigs.map(readMinisig);
  const contents = await checkArchive(parcel);
  const blocks = given.reduce((merged, block) => mergeBlocks([block], merged), blocksOf(parcel));
  writeDurably(output, joinComment(parcel.unsigned, formatComment(blocks)), {
    mode: 0o644,
    existing: 'refuse',
  });
  const keys = given.map((block) => block.keyId).join(', ');
  io.out(
    `${parcelInWords(contents)}: signature by ${keys} attached, not checked: sign-update verify ${output} --pub FILE\n`,
  );
  return 0;
}

function readMinisig(file: string): SignatureBlock {
  try {
    return parseMinisig(readFileSync(file, 'latin1'));
  } catch (error) {
    throw error instanceof FerrymanError ? about(file, error) : error;
  }
}
