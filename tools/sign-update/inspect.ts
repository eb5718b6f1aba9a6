import { flag, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { manifestJson, parcelInWords, type AnyParcel } from '../../src/parcel/any-parcel.ts';
import { recipientsOf, termsOf } from '../../src/parcel/parcel-terms.ts';
import { checkArchive, readParcel } from './parcel-file.ts';

const warning =
  'NOT VERIFIED: this is what the file says of itself, and proves nothing. Use sign-update verify.';

/** Shows the manifest. Prints no byte of the comment: it may come from anybody and hold anything. */
export async function run(input: Input, io: Io): Promise<number> {
  const [file = ''] = input.args;
  const parcel = readParcel(file);
  const contents = await checkArchive(parcel);
  const signatures = countBlocks(parcel.framing.comment);
  if (flag(input, 'json')) {
    io.out(
      `${JSON.stringify({ schema: 'sign-update.inspect/1', verified: false, warning, digest: parcel.digest, signatures, manifest: manifestJson(contents) }, null, 2)}\n`,
    );
    return 0;
  }
  io.out(`${[warning, '', ...describe(contents, parcel.digest, signatures)].join('\n')}\n`);
  return 0;
}

function describe(contents: AnyParcel, digest: string, signatures: number): string[] {
  const { manifest } = contents;
  const expires = contents.kind === 'update' ? contents.manifest.expires : undefined;
  const recipients = recipientsOf(contents);
  const lines: (readonly [string, string])[] = [
    ['digest', digest.slice(0, 16)],
    ...(recipients === undefined ? [] : [['for', recipients.join(', ')] as const]),
    ['created', `${manifest.created}${expires === undefined ? '' : `, expires ${expires}`}`],
    ...termsOf(contents),
    ['signatures', `${signatures}, not checked`],
  ];
  const files = 'files' in manifest ? manifest.files : undefined;
  return [
    parcelInWords(contents),
    ...lines.map(([label, text]) => `  ${label.padEnd(10)}  ${text}`),
    ...(files === undefined ? [] : [`  files       ${files.length}`]),
    ...(files ?? []).map(
      (one) => `    ${one.mode.toString(8)} ${String(one.size).padStart(10)}  ${one.path}`,
    ),
  ];
}

/** Counted by lines: nothing in the comment is read. */
function countBlocks(comment: Buffer): number {
  return Math.floor(comment.filter((byte) => byte === 0x0a).length / 4);
}
