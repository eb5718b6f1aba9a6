/** Reads an archive of logs, whole, into memory: what was proven is what is stored. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { openRegularFile, type Links } from '../durable/file-source.ts';
import { about, FerrymanError } from '../errors.ts';
import { bufferSource } from '../parcel/buffer-source.ts';
import { parseEnrolmentLine } from '../parcel/enrolment.ts';
import { hashParcel, type HashedParcel } from '../parcel/framing.ts';
import { maxLogBytes } from '../parcel/limits.ts';
import { openLog, type LogManifest } from '../parcel/log-archive.ts';
import { parseComment } from '../parcel/signature-block.ts';
import { verifyByNode, type NodeTrust } from '../verify/enrolled.ts';
import type { ArchiveName } from './places.ts';

/** What an archive in the store says of itself. */
export interface StoredArchive {
  readonly name: ArchiveName;
  /** 128 lower-case hex digits. */
  readonly digest: string;
  readonly bytes: number;
  readonly manifest: LogManifest;
}

/** An archive that its origin has signed, of an enrolment that counts. */
export interface ProvenArchive extends StoredArchive {
  readonly contents: Buffer;
}

/**
 * @throws FerrymanError `source.*`, `framing.*`, `signature.*`, `enrolment.*`, `trust.*`, `zip.*`, `manifest.*`, `archive.too-large`, with
 *   the path in front
 */
export async function proveArchive(path: string, trust: NodeTrust, links: Links): Promise<ProvenArchive> {
  return named(path, async () => {
    const contents = readWhole(path, links);
    const hashed = hashParcel(contents);
    const { signer } = verifyByNode(
      { digest: hashed.digest, blocks: parseComment(hashed.framing.comment) },
      trust,
      'log',
    );
    return { ...(await describe(contents, hashed, signer)), contents };
  });
}

/**
 * Reads a file of the store again. It was proven when it came: since then the office may have other keys, or have revoked its origin.
 *
 * @throws as {@link proveArchive}
 */
export async function readStored(path: string): Promise<StoredArchive> {
  return named(path, async () => {
    const contents = readWhole(path, 'refuse');
    const hashed = hashParcel(contents);
    const [block] = parseComment(hashed.framing.comment);
    const signer = parseEnrolmentLine(block?.trustedComment ?? '').enrolment.node;
    return describe(contents, hashed, signer);
  });
}

/** As {@link readStored}, under the name of an archive. @throws as it, and `proxy.store-damaged`: it is another */
export async function readNamed(path: string, expected: ArchiveName): Promise<StoredArchive> {
  const stored = await readStored(path);
  const { origin, incarnation, sequence, class: kind } = stored.name;
  const isRight =
    origin === expected.origin &&
    incarnation === expected.incarnation &&
    sequence === expected.sequence &&
    kind === expected.class;
  if (isRight) return stored;
  throw new FerrymanError(
    'proxy.store-damaged',
    `${path}: expected the archive of this name, found ${origin}/${incarnation}/${sequence}`,
  );
}

/** True when a file of the store is not what was stored; false when it could not be read, which may pass. */
export function isDamage(error: unknown): error is FerrymanError {
  return error instanceof FerrymanError && error.code !== 'source.unreadable';
}

async function describe(
  contents: Buffer,
  { digest, framing }: HashedParcel,
  signer: string,
): Promise<StoredArchive> {
  const { manifest } = await openLog(bufferSource(contents), framing.eocdOffset, signer);
  const { origin, incarnation, sequence } = manifest;
  const name = { origin, incarnation, sequence, class: manifest.class };
  return { name, digest, bytes: contents.length, manifest };
}

function readWhole(path: string, links: Links): Buffer {
  const fd = openRegularFile(path, links);
  try {
    const { size } = fstatSync(fd);
    if (size > maxLogBytes)
      throw new FerrymanError(
        'archive.too-large',
        `expected an archive of at most ${maxLogBytes} bytes, found ${size}`,
      );
    const contents = Buffer.allocUnsafe(size);
    let filled = 0;
    for (let count = -1; filled < size && count !== 0; filled += count)
      count = readSync(fd, contents, filled, size - filled, filled);
    return contents.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
}

async function named<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof FerrymanError ? about(path, error) : error;
  }
}
