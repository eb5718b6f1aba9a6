import { basename, resolve } from 'node:path';
import { flag, text, texts, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { duration, timestamp, usageError, wholeNumber } from '../../src/command-line/values.ts';
import { prepareFile } from '../../src/durable/write-file.ts';
import { FerrymanError } from '../../src/errors.ts';
import { joinComment } from '../../src/parcel/framing.ts';
import { maxAttempts, maxTimeoutSeconds } from '../../src/parcel/limits.ts';
import {
  formatManifest,
  parseManifest,
  type OnInterrupt,
  type UpdateManifest,
} from '../../src/parcel/manifest.ts';
import { packZip, type PackedFile } from '../../src/parcel/pack.ts';
import { isRecipient, recipientForms } from '../../src/parcel/recipients.ts';
import { signDigest } from '../../src/parcel/secret-key.ts';
import { formatComment } from '../../src/parcel/signature-block.ts';
import { readSecretKey } from '../../src/command-line/key-file.ts';
import { checkArchive, parcelFromBytes } from './parcel-file.ts';
import { refuseExisting, refuseInside } from './output.ts';
import { readFolder } from './read-folder.ts';
import { claimSequence } from './sequence-register.ts';
import { asNodesRead, lowerGuid, readCreated, readRanges } from './terms.ts';
import { trustedComment } from './trusted-comment.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [folder = ''] = input.args;
  const output = text(input, 'output') ?? '';
  const keyFile = text(input, 'key') ?? '';
  const terms = readTerms(input, io, basename(resolve(folder)));
  refuseExisting(output);
  refuseInside(folder, output);
  const key = await readSecretKey(keyFile, text(input, 'passphraseFile'), io);

  const files = readFolder(folder);
  checkScript(files, terms.script.path);
  warnOfLineEnds(files, terms.script.path, io);
  const update = {
    ...terms,
    files: files.map(({ path, size, sha256, mode }) => ({ path, size, sha256, mode })),
  };
  const manifest = asNodesRead(() => parseManifest(formatManifest(update)));
  const unsigned = packZip(manifest, files);
  const packed = parcelFromBytes(unsigned);
  const contents = await checkArchive(packed); // as a node will
  const { digest } = packed;
  const block = signDigest(digest, key, trustedComment(contents));
  const parcel = joinComment(unsigned, formatComment([block]));
  const file = prepareFile(output, parcel, { mode: 0o644, existing: 'refuse' });
  try {
    // Between the two: a sequence is not used up by a parcel that cannot be written.
    claimSequence(keyFile, manifest.sequence, digest);
    file.publish();
  } finally {
    file.discard();
  }

  const facts = { sequence: manifest.sequence, digest, keyId: key.keyId, bytes: parcel.length };
  if (flag(input, 'json'))
    io.out(`${JSON.stringify({ schema: 'sign-update.sign/1', ...facts, file: output }, null, 2)}\n`);
  else
    io.out(
      `update ${facts.sequence} "${manifest.title}" for ${manifest.recipients.join(', ')}\n  ${output}  ${facts.bytes} bytes\n  digest ${digest.slice(0, 16)}, signed by ${key.keyId}\n`,
    );
  return 0;
}

function readTerms(input: Input, io: Io, folderName: string): Omit<UpdateManifest, 'files'> {
  const sequence = wholeNumber('--sequence', text(input, 'sequence') ?? '', 1);
  const onInterrupt = (text(input, 'onInterrupt') ?? 'report') as OnInterrupt;
  const expires = text(input, 'expires');
  const timeoutSeconds = duration('--timeout', text(input, 'timeout') ?? '');
  if (timeoutSeconds > maxTimeoutSeconds)
    throw usageError(`--timeout: expected at most ${maxTimeoutSeconds} seconds, found ${timeoutSeconds}`);
  const attempts = wholeNumber(
    '--max-attempts',
    text(input, 'maxAttempts') ?? (onInterrupt === 'rerun' ? '3' : '1'),
    1,
  );
  if (attempts > maxAttempts)
    throw usageError(`--max-attempts: expected at most ${maxAttempts}, found ${attempts}`);
  return {
    sequence,
    title: text(input, 'title') ?? folderName,
    recipients: readRecipients(texts(input, 'to')),
    created: readCreated(text(input, 'created'), io.env['SOURCE_DATE_EPOCH']),
    ...(expires === undefined ? {} : { expires: timestamp('--expires', expires) }),
    script: {
      path: (text(input, 'script') ?? '').replace(/^\.\//, ''),
      timeoutSeconds,
      onInterrupt,
      maxAttempts: attempts,
    },
    requires: readRanges('--requires', texts(input, 'requires')),
    supersedes: readRanges('--supersedes', texts(input, 'supersedes')),
  };
}

/** A kernel takes the carriage return for a part of the interpreter's name: `#!/bin/sh\r` is not found. */
function warnOfLineEnds(files: readonly PackedFile[], script: string, io: Io): void {
  const [firstLine = ''] =
    files
      .find(({ path }) => path === script)
      ?.contents.toString('latin1')
      .split('\n', 1) ?? [];
  if (firstLine.startsWith('#!') && firstLine.endsWith('\r'))
    io.err(
      `sign-update: warning: ${script}: expected lines that end with LF, found CR LF: no node can start it. Mend it with: sed -i 's/\\r$//' ${script}\n`,
    );
}

function readRecipients(typed: readonly string[]): string[] {
  const recipients = typed.map(lowerGuid);
  for (const who of recipients)
    if (!isRecipient(who)) throw usageError(`--to: expected ${recipientForms}, found "${who}"`);
  return [...new Set(recipients)];
}

function checkScript(files: readonly PackedFile[], path: string): void {
  const script = files.find((file) => file.path === path);
  if (!script)
    throw new FerrymanError('pack.script', `--script ${path}: expected a file in the folder, found none`);
  if (script.mode !== 0o755)
    throw new FerrymanError(
      'pack.script',
      `--script ${path}: expected an executable file, found it without permission to execute`,
    );
}
