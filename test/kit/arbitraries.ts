/** Random things of the format for fast-check: sound ones, as the office makes them. */
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import type { Mode } from '../../src/parcel/canonical-zip.ts';
import type { UpdateManifest } from '../../src/parcel/manifest.ts';
import { checkPath, PathSet } from '../../src/parcel/path.ts';
import { normaliseRanges, type SequenceRange } from '../../src/parcel/sequences.ts';
import type { SignatureBlock } from '../../src/parcel/signature-block.ts';
import { formatTimestamp } from '../../src/parcel/timestamp.ts';
import type { UsbReceipts } from '../../src/parcel/usb-receipts.ts';
import { passRights, type UsbPass } from '../../src/parcel/usb-pass.ts';
import type { PackedFile } from '../../src/parcel/pack.ts';
import { codeOf } from './judge.ts';

/** Bytes 20 to 7E. */
const printable = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));

/** Names that the format takes, often with common folders, and close to what it refuses. */
export const soundPath: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom('a', 'A', 'b', 'etc', '...x', '-', '~'),
      fc.string({ unit: printable, minLength: 1, maxLength: 12 }),
    ),
    { minLength: 1, maxLength: 16 },
  )
  .map((segments) => segments.join('/'))
  .filter((path) => codeOf(() => checkPath(path)) === undefined);

const contents = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  // compresses well; now and then beyond what is inflated in one call
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.constantFrom(1, 50, 2000, 120_000))
    .map(([text, times]) => Buffer.from(text.repeat(times))),
  // does not compress; now and then beyond one chunk
  fc
    .tuple(fc.nat(), fc.constantFrom(100, 300_000))
    .map(([seed, size]) => createHash('shake256', { outputLength: size }).update(String(seed)).digest()),
);

/** Files that can stand together in one update, sorted as the format wants them. */
export const soundFiles: fc.Arbitrary<PackedFile[]> = fc
  .array(fc.tuple(soundPath, contents, fc.constantFrom<Mode>(0o644, 0o755)), { minLength: 1, maxLength: 6 })
  .map((drawn) => {
    const paths = new PathSet();
    paths.add('manifest.json');
    return drawn
      .filter(([path]) => codeOf(() => paths.add(path)) === undefined)
      .map(([path, bytes, mode]) => ({
        path,
        contents: bytes,
        mode,
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      }))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  })
  .filter((files) => files.length > 0);

/** Ranges in any order, overlapping or not, all below `limit`. */
export function looseRanges(limit: number): fc.Arbitrary<SequenceRange[]> {
  if (limit <= 1) return fc.constant([]);
  const one = fc
    .tuple(fc.integer({ min: 1, max: limit - 1 }), fc.nat(20))
    .map(([first, more]) => ({ first, last: Math.min(first + more, limit - 1) }));
  return fc.array(one, { maxLength: 12 });
}

const title = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .filter((text) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(text) && Buffer.byteLength(text) <= 200);

const recipient = fc.oneof(
  fc.constantFrom('all', 'role:kiosk', 'role:ferry', 'role:gateway', 'role:proxy', 'role:office'),
  fc.stringMatching(/^group:[a-z0-9][a-z0-9._-]{0,63}$/),
  fc.uuid(),
);

const lastSecond = Date.parse('9999-12-31T23:59:58Z') / 1000;

/** A manifest for the files. */
export function soundManifest(files: readonly PackedFile[]): fc.Arbitrary<UpdateManifest> {
  const sequence = fc.oneof(
    fc.integer({ min: 1, max: 100 }),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  );
  return sequence.chain((own) =>
    fc
      .record({
        title,
        recipients: fc.uniqueArray(recipient, { minLength: 1, maxLength: 5 }),
        created: fc.nat(lastSecond),
        life: fc.option(fc.integer({ min: 1, max: 4_000_000 }), { nil: undefined }),
        script: fc.record({
          path: fc.constantFrom(...files.map((file) => file.path)),
          timeoutSeconds: fc.integer({ min: 1, max: 14 * 86_400 }),
          onInterrupt: fc.constantFrom('report' as const, 'rerun' as const),
          maxAttempts: fc.integer({ min: 1, max: 100 }),
        }),
        requires: looseRanges(own).map(normaliseRanges),
        supersedes: looseRanges(own).map(normaliseRanges),
      })
      .map(({ created, life, ...rest }) => ({
        ...rest,
        sequence: own,
        created: formatTimestamp(created * 1000),
        ...(life === undefined
          ? {}
          : { expires: formatTimestamp(Math.min(created + life, lastSecond + 1) * 1000) }),
        files: files.map(({ path, size, sha256, mode }) => ({ path, size, sha256, mode })),
      })),
  );
}

const name = title.filter((text) => text !== '' && text.trim() === text && Buffer.byteLength(text) <= 100);

const volume = fc.oneof(
  fc.stringMatching(/^[0-9A-F]{4}-[0-9A-F]{4}$/).filter((id) => id !== '0000-0000'),
  fc.uuid(),
  fc.stringMatching(/^\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-\d\d$/),
);

/** Passes as the office makes them. */
export const soundPass: fc.Arbitrary<UsbPass> = fc
  .record(
    {
      volume,
      technician: name,
      recipients: fc.uniqueArray(recipient, { minLength: 1, maxLength: 5 }),
      created: fc.nat(lastSecond),
      may: fc
        .subarray([...passRights], { minLength: 1 })
        .map((rights) => passRights.filter((right) => rights.includes(right))),
      serial: name,
      life: fc.integer({ min: 1, max: 4_000_000 }),
      uses: fc.integer({ min: 1, max: 1_000_000 }),
    },
    { requiredKeys: ['volume', 'technician', 'recipients', 'created', 'may'] },
  )
  .map(({ created, life, ...rest }) => ({
    ...rest,
    created: formatTimestamp(created * 1000),
    ...(life === undefined
      ? {}
      : { notAfter: formatTimestamp(Math.min(created + life, lastSecond + 1) * 1000) }),
  }));

const time = fc.nat(lastSecond).map((seconds) => formatTimestamp(seconds * 1000));
const digest = fc.stringMatching(/^[0-9a-f]{128}$/);

/** Receipts as a node writes them. */
export const soundReceipts: fc.Arbitrary<UsbReceipts> = fc.record({
  node: fc.uuid(),
  created: time,
  visit: fc.record(
    {
      number: fc.integer({ min: 1 }),
      volume,
      startedAt: time,
      serial: title,
      technician: title,
      passDigest: digest,
    },
    { requiredKeys: ['number', 'volume', 'startedAt'] },
  ),
  updates: fc.array(
    fc.record(
      {
        digest,
        sequence: fc.oneof(fc.constant(null), fc.integer({ min: 1 })),
        title,
        state: title,
        reason: title,
        exitStatus: fc.nat(255),
        finishedAt: time,
      },
      { requiredKeys: ['digest', 'sequence', 'title', 'state', 'reason'] },
    ),
    { maxLength: 4 },
  ),
  files: fc.array(fc.record({ name: title, code: title, reason: title }), { maxLength: 4 }),
});

const bytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));

/** Blocks as they could stand on one parcel; the signatures in them are random. */
export const soundBlocks: fc.Arbitrary<SignatureBlock[]> = fc.uniqueArray(
  fc.record({
    keyId: bytes(8).map((id) => id.toString('hex').toUpperCase()),
    signature: bytes(64),
    trustedComment: fc.string({ unit: fc.oneof(printable, fc.constant('\t')), maxLength: 512 }),
    globalSignature: bytes(64),
  }),
  { selector: ({ keyId }) => keyId, minLength: 1, maxLength: 16 },
);
