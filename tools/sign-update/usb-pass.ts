import { flag, text, texts, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { timestamp, usageError, wholeNumber } from '../../src/command-line/values.ts';
import { writeDurably } from '../../src/durable/write-file.ts';
import { FerrymanError } from '../../src/errors.ts';
import { parcelInWords } from '../../src/parcel/any-parcel.ts';
import { joinComment } from '../../src/parcel/framing.ts';
import { maxPassBytes } from '../../src/parcel/limits.ts';
import { packManifest } from '../../src/parcel/pack.ts';
import { isRecipient, recipientForms } from '../../src/parcel/recipients.ts';
import { signDigest } from '../../src/parcel/secret-key.ts';
import { formatComment } from '../../src/parcel/signature-block.ts';
import {
  formatUsbPass,
  parseUsbPass,
  passRights,
  type PassRight,
  type UsbPass,
} from '../../src/parcel/usb-pass.ts';
import { normaliseVolumeId, volumeIdForms } from '../../src/parcel/volume-id.ts';
import { readSecretKey } from '../../src/command-line/key-file.ts';
import { refuseExisting } from './output.ts';
import { checkArchive, parcelFromBytes } from './parcel-file.ts';
import { asNodesRead, lowerGuid, readCreated } from './terms.ts';
import { trustedComment } from './trusted-comment.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const output = text(input, 'output') ?? '';
  const terms = readTerms(input, io);
  const pass = asNodesRead(() => parseUsbPass(formatUsbPass(terms)));
  refuseExisting(output);
  const key = await readSecretKey(text(input, 'key') ?? '', text(input, 'passphraseFile'), io);

  const unsigned = packManifest(formatUsbPass(pass), []);
  const packed = parcelFromBytes(unsigned);
  const contents = await checkArchive(packed); // as a node will
  const { digest } = packed;
  const parcel = joinComment(unsigned, formatComment([signDigest(digest, key, trustedComment(contents))]));
  if (parcel.length > maxPassBytes)
    throw new FerrymanError(
      'usage.invalid',
      `expected a pass of at most ${maxPassBytes} bytes, found ${parcel.length}: name groups in place of nodes`,
    );
  writeDurably(output, parcel, { mode: 0o644, existing: 'refuse' });

  const { volume, technician, recipients } = pass;
  if (flag(input, 'json'))
    io.out(
      `${JSON.stringify({ schema: 'sign-update.usb-pass/1', volume, technician, recipients, digest, keyId: key.keyId, bytes: parcel.length, file: output }, null, 2)}\n`,
    );
  else
    io.out(
      `${parcelInWords(contents)} for ${recipients.join(', ')}\n  ${output}  ${parcel.length} bytes\n  digest ${digest.slice(0, 16)}, signed by ${key.keyId}\n`,
    );
  return 0;
}

function readTerms(input: Input, io: Io): UsbPass {
  const serial = text(input, 'serial');
  const uses = text(input, 'uses');
  const created = readCreated(text(input, 'created'), io.env['SOURCE_DATE_EPOCH']);
  const notAfter = readEnd(text(input, 'notAfter'), created);
  return {
    volume: readVolume(text(input, 'volume') ?? ''),
    ...(serial === undefined ? {} : { serial: serial.trim() }),
    technician: (text(input, 'technician') ?? '').trim(),
    recipients: readRecipients(input),
    created,
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(uses === undefined ? {} : { uses: wholeNumber('--uses', uses, 1) }),
    may: readRights(text(input, 'may') ?? ''),
  };
}

function readVolume(typed: string): string {
  const volume = normaliseVolumeId(typed);
  if (volume === undefined) throw usageError(`--volume: expected ${volumeIdForms}; found "${typed}"`);
  return volume;
}

/** A pass opens every node only when that is what was asked for. */
function readRecipients(input: Input): string[] {
  const named = [
    ...texts(input, 'node').map(lowerGuid),
    ...texts(input, 'group').map((name) => `group:${name}`),
    ...texts(input, 'role').map((role) => `role:${role}`),
  ];
  const isForAll = flag(input, 'all');
  if (isForAll === named.length > 0)
    throw usageError(
      `expected --node, --group or --role, or else --all; found ${isForAll ? 'both' : 'none of them'}`,
    );
  for (const who of named)
    if (who === 'all' || !isRecipient(who))
      throw usageError(`--node, --group, --role: expected ${recipientForms}, found "${who}"`);
  return isForAll ? ['all'] : [...new Set(named)];
}

function readRights(typed: string): PassRight[] {
  const words = typed.split(',');
  const unknown = words.find((word) => !passRights.some((right) => right === word));
  if (unknown !== undefined)
    throw usageError(`--may: expected ${passRights.join(', ')} or both, with a comma; found "${typed}"`);
  return passRights.filter((right) => words.includes(right));
}

/** A day means all of it, in UTC. */
function readEnd(typed: string | undefined, created: string): string | undefined {
  if (typed === undefined) return undefined;
  const end = timestamp('--not-after', /^\d{4}-\d\d-\d\d$/.test(typed) ? `${typed}T23:59:59Z` : typed);
  if (end <= created)
    throw usageError(
      `--not-after: expected an end after ${created}, when the pass is made, found "${typed}", which is over by then: name a later day, or leave --not-after out for a pass without end`,
    );
  return end;
}
