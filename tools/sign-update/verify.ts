import { flag, text, texts, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { wholeNumber } from '../../src/command-line/values.ts';
import { parcelInWords, type AnyParcel } from '../../src/parcel/any-parcel.ts';
import { passTerms } from '../../src/parcel/pass-words.ts';
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
  const contents = await checkArchive(parcel);
  const { recipients } = contents.manifest;
  const subject = parcelInWords(contents);
  if (flag(input, 'json'))
    io.out(
      `${JSON.stringify({ schema: 'sign-update.verify/1', ...identityOf(contents), recipients, digest: parcel.digest, signers, threshold }, null, 2)}\n`,
    );
  else
    io.out(
      `${subject} for ${recipients.join(', ')} is good\n${passLines(contents).join('')}  digest     ${parcel.digest.slice(0, 16)}\n  signed by  ${signers.join(', ')} (${threshold} needed)\n`,
    );
  return 0;
}

function identityOf({ kind, manifest }: AnyParcel): object {
  if (kind === 'update') return { kind, sequence: manifest.sequence, title: manifest.title };
  const { volume, serial = null, technician, notAfter = null, uses = null, may } = manifest;
  return { kind, volume, serial, technician, notAfter, uses, may };
}

/** What a pass grants, in words. */
function passLines({ kind, manifest }: AnyParcel): string[] {
  if (kind === 'update') return [];
  return passTerms(manifest).map(([label, value]) => `  ${label.padEnd(9)}  ${value}\n`);
}
