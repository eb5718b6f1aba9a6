/**
 * Enrolment bundles: parcels in which the office sends a node what it needs to meet others: its enrolment, its ssh certificates and the key
 * of the office that signs them. Spec: docs/format.md §12.
 */
import { FerrymanError } from '../errors.ts';
import { openManifest, readContents, withEntries, type Archive, type OpenedManifest } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import {
  formatName,
  parseDocument,
  takeGuid,
  takeTimestamp,
  type DocumentKind,
} from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import { parseEnrolmentLine } from './enrolment.ts';
import { piecesOfListing, takeFiles, type ManifestFile } from './file-list.ts';
import * as limits from './limits.ts';
import { manifestPath, takeKind } from './parcel-kind.ts';
import { roles, type Role } from './recipients.ts';

/** The files that every bundle holds, and no others. Each of mode 0644. */
export const bundleFiles = ['ca.pub', 'enrolment.txt', 'host-cert.pub', 'user-cert.pub'] as const;
export type BundleFile = (typeof bundleFiles)[number];

export interface BundleManifest {
  /** GUID of the node that it is for. */
  readonly node: string;
  readonly role: Role;
  /** Of the enrolment. */
  readonly serial: number;
  /** RFC 3339 in UTC, whole seconds. */
  readonly created: string;
  /** Sorted by path, byte by byte. */
  readonly files: readonly ManifestFile[];
}

/** A bundle that was read whole. */
export interface EnrolmentBundle {
  readonly manifest: BundleManifest;
  /** The line, without its line feed: of the node, role and serial that the manifest names; not proven. */
  readonly enrolment: string;
  readonly files: ReadonlyMap<BundleFile, Buffer>;
}

const bundleDocument: DocumentKind<BundleManifest> = {
  name: manifestPath,
  malformed: 'manifest.malformed',
  read: readBundleManifest,
  spell: piecesOf,
};

/** Reads the `manifest.json` of a bundle. @throws FerrymanError `manifest.malformed`, `manifest.other-kind`, `zip.bad-name` */
export function parseBundleManifest(bytes: Buffer): BundleManifest {
  return parseDocument(bytes, bundleDocument);
}

function readBundleManifest(object: ClosedObject): BundleManifest {
  takeKind(object, 'enrolment');
  const manifest: BundleManifest = {
    node: takeGuid(object, 'node'),
    role: object.oneOf('role', roles),
    serial: object.integer('serial', 1, Number.MAX_SAFE_INTEGER),
    created: takeTimestamp(object, 'created'),
    files: takeFiles(object, bundleFiles.length, bundleFiles.length),
  };
  object.end();
  checkFiles(object, manifest.files);
  return manifest;
}

function checkFiles(object: ClosedObject, files: readonly ManifestFile[]): void {
  for (const name of bundleFiles)
    if (!files.some(({ path }) => path === name))
      throw object.refuse('files', `"${name}" among them`, paths(files));
  for (const [index, { path, mode }] of files.entries())
    if (!isBundleFile(path) || mode !== 0o644)
      throw object.refuse(`files[${index}]`, `one of ${bundleFiles.join(', ')}, of mode 0644`, path);
}

function paths(files: readonly ManifestFile[]): string[] {
  return files.map(({ path }) => path);
}

function isBundleFile(path: string): path is BundleFile {
  return bundleFiles.some((name) => name === path);
}

/** The canonical bytes of the manifest. */
export function formatBundleManifest(manifest: BundleManifest): Buffer {
  return Buffer.from([...piecesOf(manifest)].join(''));
}

function piecesOf({ node, role, serial, created, files }: BundleManifest): Iterable<string> {
  const ordered = { format: formatName, kind: 'enrolment', node, role, serial, created, files: [] };
  return piecesOfListing(ordered, files);
}

/**
 * Reads a whole bundle, only after its signatures. The line in it is to be proven too: by `verifyEnrolment` of src/verify/enrolled.ts.
 *
 * @param eocdOffset where framing found the end record
 * @throws FerrymanError `zip.*`, `manifest.*`, `enrolment.malformed`, `enrolment.other-node`
 */
export async function openBundle(source: ByteSource, eocdOffset: number): Promise<EnrolmentBundle> {
  return readBundle(source, asBundle(await openManifest(source, eocdOffset, limits.maxBundleBytes)));
}

/** @throws FerrymanError `zip.too-large`, `manifest.*`, `zip.bad-name` */
export function asBundle({ bytes, entries }: OpenedManifest): Archive<BundleManifest> {
  const archive = withEntries(parseBundleManifest(bytes), entries);
  const contents = archive.manifest.files.reduce((sum, { size }) => sum + size, 0);
  if (contents > limits.maxBundleBytes)
    throw new FerrymanError(
      'zip.too-large',
      `expected files of at most ${limits.maxBundleBytes} bytes in all, found ${contents}`,
    );
  return archive;
}

/** @throws FerrymanError `zip.*`, `manifest.files-differ`, `enrolment.malformed`, `enrolment.other-node` */
export async function readBundle(
  source: ByteSource,
  archive: Archive<BundleManifest>,
): Promise<EnrolmentBundle> {
  const files = new Map<BundleFile, Buffer>();
  await readContents(source, archive, ({ path }) => {
    const pieces: Buffer[] = [];
    return {
      write: (piece) => void pieces.push(Buffer.from(piece)),
      close: () => void (isBundleFile(path) && files.set(path, Buffer.concat(pieces))),
    };
  });
  const { manifest } = archive;
  return { manifest, enrolment: lineOf(files.get('enrolment.txt') ?? Buffer.alloc(0), manifest), files };
}

function lineOf(contents: Buffer, { node, role, serial }: BundleManifest): string {
  const text = contents.toString('latin1');
  if (!text.endsWith('\n'))
    throw new FerrymanError(
      'enrolment.malformed',
      'enrolment.txt: expected one line with a line feed at its end',
    );
  const line = text.slice(0, -1);
  const { enrolment } = parseEnrolmentLine(line);
  if (enrolment.node !== node || enrolment.role !== role || enrolment.serial !== serial)
    throw new FerrymanError(
      'enrolment.other-node',
      `enrolment.txt: expected enrolment ${serial} of ${node} as ${role}, found ${enrolment.serial} of ${enrolment.node} as ${enrolment.role}`,
    );
  return line;
}
