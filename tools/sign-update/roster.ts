import { flag, text, texts, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { usageError, wholeNumber } from '../../src/command-line/values.ts';
import { prepareFile } from '../../src/durable/write-file.ts';
import { parcelInWords } from '../../src/parcel/any-parcel.ts';
import { joinComment } from '../../src/parcel/framing.ts';
import { packRoster } from '../../src/parcel/pack.ts';
import {
  compareIncarnations,
  formatRoster,
  parseRoster,
  type Incarnation,
  type Roster,
} from '../../src/parcel/roster.ts';
import { signDigest } from '../../src/parcel/secret-key.ts';
import { formatRange } from '../../src/parcel/sequences.ts';
import { formatComment } from '../../src/parcel/signature-block.ts';
import { readSecretKey } from '../../src/command-line/key-file.ts';
import { refuseExisting } from './output.ts';
import { checkArchive, parcelFromBytes } from './parcel-file.ts';
import { claimRoster } from './sequence-register.ts';
import { asNodesRead, lowerGuid, readCreated, readRanges } from './terms.ts';
import { trustedComment } from './trusted-comment.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const output = text(input, 'output') ?? '';
  const keyFile = text(input, 'key') ?? '';
  const terms = readTerms(input, io);
  const roster = asNodesRead(() => parseRoster(formatRoster(terms)));
  refuseExisting(output);
  const key = await readSecretKey(keyFile, text(input, 'passphraseFile'), io);

  const unsigned = packRoster(roster);
  const packed = parcelFromBytes(unsigned);
  const contents = await checkArchive(packed); // as a node will
  const { digest } = packed;
  const parcel = joinComment(unsigned, formatComment([signDigest(digest, key, trustedComment(contents))]));
  const file = prepareFile(output, parcel, { mode: 0o644, existing: 'refuse' });
  try {
    // Between the two: a number is not used up by a parcel that cannot be written.
    claimRoster(keyFile, roster.number, digest);
    file.publish();
  } finally {
    file.discard();
  }

  const { number, closed } = roster;
  const revoked = roster.revoked.map(formatRange);
  if (flag(input, 'json'))
    io.out(
      `${JSON.stringify({ schema: 'sign-update.roster/1', number, revoked, closed, digest, keyId: key.keyId, bytes: parcel.length, file: output }, null, 2)}\n`,
    );
  else
    io.out(
      `${parcelInWords(contents)}: revoked ${revoked.join(', ') || 'nobody'}, closed ${closed.length}\n  ${output}  ${parcel.length} bytes\n  digest ${digest.slice(0, 16)}, signed by ${key.keyId}\n`,
    );
  return 0;
}

function readTerms(input: Input, io: Io): Roster {
  return {
    number: wholeNumber('--number', text(input, 'number') ?? '', 1),
    created: readCreated(text(input, 'created'), io.env['SOURCE_DATE_EPOCH']),
    revoked: readRanges('--revoke', texts(input, 'revoke')),
    closed: readClosed(texts(input, 'close')),
  };
}

function readClosed(typed: readonly string[]): Incarnation[] {
  const closed = [...new Set(typed.map((one) => one.toLowerCase()))].map((one) => {
    const [origin = '', incarnation = '', ...rest] = one.split('/');
    if (rest.length > 0 || incarnation === '')
      throw usageError(`--close: expected GUID/INCARNATION, found "${one}"`);
    return { origin: lowerGuid(origin), incarnation };
  });
  return closed.toSorted(compareIncarnations);
}
