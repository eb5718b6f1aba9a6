/**
 * Packs a canonical zip: the only shape that a node accepts. Takes contents, not folders. Holds them in memory, as adm-zip does: some three
 * times their size.
 */
import { hash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import AdmZip from 'adm-zip';
import { FerrymanError } from '../errors.ts';
import { formatAck, type Acknowledgement } from './acknowledgement.ts';
import type { Mode } from './canonical-zip.ts';
import { formatBundleManifest, type BundleFile, type BundleManifest } from './enrolment-bundle.ts';
import type { ManifestFile } from './file-list.ts';
import { hashParcel, joinComment } from './framing.ts';
import { maxAckBytes } from './limits.ts';
import { formatLog, type LogManifest } from './log-archive.ts';
import { formatManifest, type UpdateManifest } from './manifest.ts';
import { manifestPath } from './parcel-kind.ts';
import { formatRoster, type Roster } from './roster.ts';
import { signDigest, type SecretKey } from './secret-key.ts';
import { formatComment } from './signature-block.ts';

export interface PackedFile extends ManifestFile {
  readonly contents: Buffer;
}

/** A file to pack, measured and hashed. */
export function packedFile(path: string, contents: Buffer, mode: Mode = 0o644): PackedFile {
  return { path, size: contents.length, mode, contents, sha256: hash('sha256', contents) };
}

/** The files as a manifest lists them: sorted by path byte by byte, without their contents. */
export function listed(files: readonly PackedFile[]): ManifestFile[] {
  return inOrder(files).map(({ path, size, sha256, mode }) => ({ path, size, sha256, mode }));
}

/** Paths are ASCII: texts compare as their bytes do. */
function inOrder(files: readonly PackedFile[]): PackedFile[] {
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The canonical zip of an update with an empty comment: S. */
export function packZip(manifest: UpdateManifest, files: readonly PackedFile[]): Buffer {
  return packManifest(formatManifest(manifest), files);
}

/** As {@link packZip}, of a parcel of any kind. @param manifest its canonical bytes @param files in the order of the manifest */
export function packManifest(manifest: Buffer, files: readonly PackedFile[]): Buffer {
  const zip = new AdmZip(undefined, { noSort: true });
  addEntry(zip, manifestPath, manifest, 0o644);
  for (const { path, contents, mode } of files) addEntry(zip, path, contents, mode);
  return zip.toBuffer();
}

function addEntry(zip: AdmZip, path: string, contents: Buffer, mode: Mode): void {
  const entry = zip.addFile(path, contents, '', mode);
  entry.header.time = new Date(1980, 0, 1); // DOS time has no zone: local midnight is the same two fields everywhere
  if (contents.length > 0 && !isWorthDeflating(contents)) entry.header.method = 0;
}

/** Data that is compressed already is stored, which unpacks faster: judged by its first 256 KiB. */
function isWorthDeflating(contents: Buffer): boolean {
  const sample = contents.subarray(0, 256 * 1024);
  return deflateRawSync(sample).length < sample.length * 0.97;
}

/** Who signs for a node: its identity key, and the line of its enrolment. */
export interface NodeSigner {
  readonly key: SecretKey;
  readonly enrolment: string;
}

/** An archive of logs, whole and signed. @throws FerrymanError `signature.malformed` when the enrolment is no line */
export function packLog(
  terms: Omit<LogManifest, 'files'>,
  files: readonly PackedFile[],
  signer: NodeSigner,
): Buffer {
  const manifest = formatLog({ ...terms, files: listed(files) });
  return signedByNode(packManifest(manifest, inOrder(files)), signer);
}

/** The zip of an enrolment bundle with an empty comment: S, which the office signs. */
export function packBundle(
  terms: Omit<BundleManifest, 'files'>,
  files: Readonly<Partial<Record<BundleFile, Buffer>>>,
): Buffer {
  const packed = inOrder(Object.entries(files).map(([path, contents]) => packedFile(path, contents)));
  return packManifest(formatBundleManifest({ ...terms, files: listed(packed) }), packed);
}

/** The zip of a roster with an empty comment: S, which the office signs. */
export function packRoster(roster: Roster): Buffer {
  return packManifest(formatRoster(roster), []);
}

/** An acknowledgement, whole and signed. @throws FerrymanError `zip.too-large`: the shard must be divided */
export function packAck(ack: Acknowledgement, signer: NodeSigner): Buffer {
  const manifest = formatAck(ack);
  if (manifest.length > maxAckBytes)
    throw new FerrymanError(
      'zip.too-large',
      `acknowledgement of shard ${ack.shard}: expected at most ${maxAckBytes} bytes, found ${manifest.length}`,
    );
  return signedByNode(packManifest(manifest, []), signer);
}

/** @param unsigned S. @returns the whole parcel */
export function signedByNode(unsigned: Buffer, { key, enrolment }: NodeSigner): Buffer {
  const block = signDigest(hashParcel(unsigned).digest, key, enrolment);
  return joinComment(unsigned, formatComment([block]));
}
