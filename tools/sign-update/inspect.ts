import { flag, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { manifestJson, parcelInWords } from '../../src/parcel/any-parcel.ts';
import type { UpdateManifest } from '../../src/parcel/manifest.ts';
import { passTerms } from '../../src/parcel/pass-words.ts';
import { formatRange } from '../../src/parcel/sequences.ts';
import type { UsbPass } from '../../src/parcel/usb-pass.ts';
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
  const { recipients } = contents.manifest;
  io.out(
    [
      warning,
      '',
      parcelInWords(contents),
      `  digest      ${parcel.digest.slice(0, 16)}`,
      `  for         ${recipients.join(', ')}`,
      ...(contents.kind === 'update'
        ? updateLines(contents.manifest, signatures)
        : passLines(contents.manifest, signatures)),
      '',
    ].join('\n'),
  );
  return 0;
}

function updateLines(
  { created, expires, script, requires, supersedes, files }: UpdateManifest,
  signatures: number,
): string[] {
  return [
    `  created     ${created}${expires === undefined ? '' : `, expires ${expires}`}`,
    `  script      ${script.path}, at most ${script.timeoutSeconds} s, when interrupted: ${script.onInterrupt}${script.onInterrupt === 'rerun' ? `, ${script.maxAttempts} starts in all` : ''}`,
    ...(requires.length > 0 ? [`  requires    ${requires.map(formatRange).join(', ')}`] : []),
    ...(supersedes.length > 0 ? [`  supersedes  ${supersedes.map(formatRange).join(', ')}`] : []),
    `  signatures  ${signatures}, not checked`,
    `  files       ${files.length}`,
    ...files.map((one) => `    ${one.mode.toString(8)} ${String(one.size).padStart(10)}  ${one.path}`),
  ];
}

function passLines(pass: UsbPass, signatures: number): string[] {
  return [
    `  created     ${pass.created}`,
    ...passTerms(pass).map(([label, text]) => `  ${label.padEnd(10)}  ${text}`),
    `  signatures  ${signatures}, not checked`,
  ];
}

/** Counted by lines: nothing in the comment is read. */
function countBlocks(comment: Buffer): number {
  return Math.floor(comment.filter((byte) => byte === 0x0a).length / 4);
}
