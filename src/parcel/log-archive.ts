/**
 * Archives of logs: what a node sends home, signed by the node. Named by origin, incarnation and sequence. Spec: docs/format.md §14.
 */
import { FerrymanError } from '../errors.ts';
import { openManifest, withEntries, type Archive, type OpenedManifest } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import {
  formatName,
  parseDocument,
  takeHex,
  takeRanges,
  takeTimestamp,
  type DocumentKind,
} from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import { piecesOfListing, takeFiles, type ManifestFile } from './file-list.ts';
import * as limits from './limits.ts';
import { manifestPath, takeKind } from './parcel-kind.ts';
import { takeIncarnation, type Incarnation } from './roster.ts';
import { formatRange, type SequenceRange } from './sequences.ts';

/** `short`: outcomes and contacts, which travel first. */
export const logClasses = ['short', 'long'] as const;
export type LogClass = (typeof logClasses)[number];

export interface LogManifest extends Incarnation {
  /** Dense from 1 within the incarnation. */
  readonly sequence: number;
  readonly class: LogClass;
  /** By the node's clock, which may be wrong. */
  readonly created: string;
  /** Digest of the archive before it in the same incarnation, 128 lower-case hex digits. */
  readonly previous?: string;
  /** It does not build on an earlier one. */
  readonly full: boolean;
  /** All sequences of the incarnation that the node ever had to drop undelivered. */
  readonly voids: readonly SequenceRange[];
  /** Sorted by path, byte by byte. */
  readonly files: readonly ManifestFile[];
}

export type LogArchive = Archive<LogManifest>;

const logDocument: DocumentKind<LogManifest> = {
  name: manifestPath,
  malformed: 'manifest.malformed',
  read: readLog,
  spell: piecesOf,
};

/** Reads the `manifest.json` of an archive of logs. @throws FerrymanError `manifest.malformed`, `manifest.other-kind`, `zip.bad-name` */
export function parseLog(bytes: Buffer): LogManifest {
  return parseDocument(bytes, logDocument);
}

function readLog(object: ClosedObject): LogManifest {
  takeKind(object, 'log');
  const incarnation = takeIncarnation(object);
  const sequence = object.integer('sequence', 1, Number.MAX_SAFE_INTEGER);
  const manifest: LogManifest = {
    ...incarnation,
    sequence,
    class: object.oneOf('class', logClasses),
    created: takeTimestamp(object, 'created'),
    ...(object.has('previous') ? { previous: takeHex(object, 'previous', 128) } : {}),
    full: object.boolean('full'),
    voids: takeRanges(object, 'voids', { below: sequence }),
    files: takeFiles(object, 0, limits.maxLogFiles),
  };
  object.end();
  return manifest;
}

/** The canonical bytes of the manifest. */
export function formatLog(manifest: LogManifest): Buffer {
  return Buffer.from([...piecesOf(manifest)].join(''));
}

function piecesOf(manifest: LogManifest): Iterable<string> {
  const { origin, incarnation, sequence, created, previous, full, voids } = manifest;
  const ordered = {
    format: formatName,
    kind: 'log',
    origin,
    incarnation,
    sequence,
    class: manifest.class,
    created,
    previous,
    full,
    voids: voids.map(formatRange),
    files: [],
  };
  return piecesOfListing(ordered, manifest.files);
}

/** `<origin>/<incarnation>/<sequence>`: what people and alarms call it. */
export function nameOfLog({ origin, incarnation, sequence }: LogManifest): string {
  return `${origin}/${incarnation}/${sequence}`;
}

/**
 * Reads directory and manifest, only after the signatures: `verifyByNode` of src/verify/enrolled.ts tells who signed.
 *
 * @param eocdOffset where framing found the end record
 * @param signer GUID of the node that signed it
 * @throws FerrymanError `archive.too-large`, `zip.*`, `manifest.*`, `enrolment.other-node`
 */
export async function openLog(source: ByteSource, eocdOffset: number, signer: string): Promise<LogArchive> {
  checkSize(source.size, limits.maxLogBytes);
  const archive = asLog(await openManifest(source, eocdOffset, limits.maxLogManifestBytes), source.size);
  checkSigner('origin', archive.manifest.origin, signer);
  return archive;
}

/** @param bytes of the whole parcel @throws FerrymanError `archive.too-large`, `manifest.*`, `zip.bad-name` */
export function asLog(opened: OpenedManifest, bytes: number): LogArchive {
  const archive = withEntries(parseLog(opened.bytes), opened.entries);
  const { files, class: logClass } = archive.manifest;
  checkSize(bytes, logClass === 'short' ? limits.maxShortLogBytes : limits.maxLogBytes);
  const contents = files.reduce((sum, { size }) => sum + size, 0);
  if (contents > limits.maxLogContentBytes)
    throw new FerrymanError(
      'archive.too-large',
      `expected files of at most ${limits.maxLogContentBytes} bytes in all, found ${contents}`,
    );
  return archive;
}

function checkSize(bytes: number, max: number): void {
  if (bytes > max)
    throw new FerrymanError(
      'archive.too-large',
      `expected an archive of at most ${max} bytes, found ${bytes}`,
    );
}

/** Who signed and who speaks must be one. @throws FerrymanError `enrolment.other-node` */
export function checkSigner(key: string, named: string, signer: string): void {
  if (named !== signer)
    throw new FerrymanError(
      'enrolment.other-node',
      `${manifestPath}: ${key}: expected ${signer}, which signed it, found ${named}`,
    );
}
