import { flag, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { formatManifest } from '../../src/parcel/manifest.ts';
import { formatRange } from '../../src/parcel/sequences.ts';
import { checkArchive, readParcel } from './parcel-file.ts';

const warning =
  'NOT VERIFIED: this is what the file says of itself, and proves nothing. Use sign-update verify.';

/** Shows the manifest. Prints no byte of the comment: it may come from anybody and hold anything. */
export async function run(input: Input, io: Io): Promise<number> {
  const [file = ''] = input.args;
  const parcel = readParcel(file);
  const manifest = await checkArchive(parcel);
  const signatures = countBlocks(parcel.framing.comment);
  const document = JSON.parse(formatManifest(manifest).toString()) as object;
  if (flag(input, 'json')) {
    io.out(
      `${JSON.stringify({ schema: 'sign-update.inspect/1', verified: false, warning, digest: parcel.digest, signatures, manifest: document }, null, 2)}\n`,
    );
    return 0;
  }
  const { sequence, title, recipients, created, expires, script, requires, supersedes, files } = manifest;
  io.out(
    [
      warning,
      '',
      `update ${sequence} "${title}"`,
      `  digest      ${parcel.digest.slice(0, 16)}`,
      `  for         ${recipients.join(', ')}`,
      `  created     ${created}${expires === undefined ? '' : `, expires ${expires}`}`,
      `  script      ${script.path}, at most ${script.timeoutSeconds} s, when interrupted: ${script.onInterrupt}${script.onInterrupt === 'rerun' ? `, ${script.maxAttempts} starts in all` : ''}`,
      ...(requires.length > 0 ? [`  requires    ${requires.map(formatRange).join(', ')}`] : []),
      ...(supersedes.length > 0 ? [`  supersedes  ${supersedes.map(formatRange).join(', ')}`] : []),
      `  signatures  ${signatures}, not checked`,
      `  files       ${files.length}`,
      ...files.map((one) => `    ${one.mode.toString(8)} ${String(one.size).padStart(10)}  ${one.path}`),
      '',
    ].join('\n'),
  );
  return 0;
}

/** Counted by lines: nothing in the comment is read. */
function countBlocks(comment: Buffer): number {
  return Math.floor(comment.filter((byte) => byte === 0x0a).length / 4);
}
