/**
 * Opens the archive in a parcel and reads its files, strictly: what is not canonical, not listed or not exact is refused.
 *
 * Call only on a parcel whose signatures were checked: nothing here is meant to meet bytes that the office did not sign.
 * Spec: docs/format.md §4 to §6.
 */
import { createHash, hash, type Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FerrymanError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { readDirectory, type ZipEntry } from './canonical-zip.ts';
import { EntriesInTurn } from './entries-in-turn.ts';
import { readWhole } from './entry-contents.ts';
import type { ManifestFile } from './file-list.ts';
import { ForwardReader } from './forward-reader.ts';
import { maxManifestBytes } from './limits.ts';
import { parseManifest, type UpdateManifest } from './manifest.ts';
import { manifestPath } from './parcel-kind.ts';
import { YoungGarbage } from './young-garbage.ts';

/** Contents read before other work gets a turn: progress, signals, the watchdog. */
const bytesPerTurn = 16 * 1024 * 1024;

/** A manifest, of whatever kind, that lists files. */
export interface Listing {
  readonly files: readonly ManifestFile[];
}

/** An archive whose directory and manifest agree; contents are checked when they are read. */
export interface Archive<Manifest extends Listing = UpdateManifest> {
  readonly manifest: Manifest;
  /** The entries of the manifest's files, in the same order. */
  readonly entries: readonly ZipEntry[];
}

/** Takes the contents of one file, piece by piece; closed in any case. */
export interface FileSink {
  write(piece: Buffer): void;
  close(): void;
}

/** The manifest of a parcel of any kind, unread, and what else is in the archive. */
export interface OpenedManifest {
  readonly bytes: Buffer;
  readonly entries: readonly ZipEntry[];
}

/**
 * Reads the directory, and the first entry, which must be the manifest.
 *
 * @param eocdOffset where framing found the end record
 * @throws FerrymanError `zip.*`, `manifest.malformed`
 */
export async function openManifest(
  source: ByteSource,
  eocdOffset: number,
  maxBytes: number = maxManifestBytes,
): Promise<OpenedManifest> {
  const [first, ...entries] = readDirectory(source, eocdOffset);
  if (first?.path !== manifestPath || first.mode !== 0o644) {
    throw new FerrymanError(
      'manifest.malformed',
      `expected the first entry to be ${manifestPath} with mode 644, found ${first ? `${first.path} with mode ${first.mode.toString(8)}` : 'none'}`,
    );
  }
  if (first.size > maxBytes) throw tooLarge(maxBytes, first.size);
  return { bytes: await readOne(source, first), entries };
}

/**
 * Reads directory and manifest of an update and holds them against each other.
 *
 * @param eocdOffset where framing found the end record
 * @throws FerrymanError `zip.*`, `manifest.*`
 */
export async function openArchive(source: ByteSource, eocdOffset: number): Promise<Archive> {
  return asUpdate(await openManifest(source, eocdOffset));
}

/** @throws FerrymanError `manifest.*`, `zip.bad-name` */
export function asUpdate({ bytes, entries }: OpenedManifest): Archive {
  return withEntries(parseManifest(bytes), entries);
}

/**
 * Holds the list of a manifest against the directory: every entry listed, every listed file there, in the same order, with the same size
 * and mode.
 *
 * @throws FerrymanError `manifest.files-differ`
 */
export function withEntries<Manifest extends Listing>(
  manifest: Manifest,
  entries: readonly ZipEntry[],
): Archive<Manifest> {
  const { files } = manifest;
  const isAsListed = (file: ManifestFile, index: number): boolean => {
    const entry = entries[index];
    return entry?.path === file.path && entry.size === file.size && entry.mode === file.mode;
  };
  if (files.length !== entries.length || !files.every(isAsListed)) throw difference(files, entries);
  return { manifest, entries };
}

/** The manifest of a parcel that holds nothing else. @throws FerrymanError `zip.too-large`, `manifest.files-differ` */
export function withoutFiles<Manifest>(
  what: string,
  { bytes, entries: [file] }: OpenedManifest,
  parse: (bytes: Buffer) => Manifest,
  maxBytes: number,
): Manifest {
  if (bytes.length > maxBytes) throw tooLarge(maxBytes, bytes.length);
  const manifest = parse(bytes);
  if (file) throw differ(`expected ${what} to hold no files, found ${file.path}`);
  return manifest;
}

async function readOne(source: ByteSource, entry: ZipEntry): Promise<Buffer> {
  // One call and one buffer: pieces of some megabytes would lie about until they are collected.
  if (entry.compressedBytes <= maxManifestBytes) return readWhole(new ForwardReader(source), entry);
  const reading = new EntriesInTurn(source, [entry]);
  const contents = Buffer.allocUnsafe(entry.size);
  let filled = 0;
  try {
    await reading.next((piece) => void (filled += piece.copy(contents, filled)));
  } finally {
    await reading.close();
  }
  return contents;
}

/** The first thing in which directory and manifest differ, in words. */
function difference(files: readonly ManifestFile[], entries: readonly ZipEntry[]): FerrymanError {
  const listed = new Set(files.map((file) => file.path));
  const present = new Set(entries.map((entry) => entry.path));
  for (const { path } of entries)
    if (!listed.has(path)) return differ(`file ${path}: in the archive, but not in the manifest`);
  for (const { path } of files)
    if (!present.has(path)) return differ(`file ${path}: in the manifest, but not in the archive`);
  for (const [index, file] of files.entries()) {
    const entry = entries[index];
    if (entry?.path !== file.path)
      return differ(
        `file ${file.path}: expected the archive in the order of the manifest, found ${entry?.path}`,
      );
    if (entry.size !== file.size)
      return differ(`file ${file.path}: expected ${file.size} bytes, found ${entry.size}`);
    if (entry.mode !== file.mode)
      return differ(
        `file ${file.path}: expected mode ${file.mode.toString(8)}, found ${entry.mode.toString(8)}`,
      );
  }
  return differ('expected the files of the manifest in the archive, found others');
}

/**
 * Reads every file of an open archive in order, checking local header, size, CRC and SHA-256.
 *
 * Pieces are passed on before their file is proven: on an error the caller throws away everything it was given.
 *
 * @throws FerrymanError `zip.not-canonical`, `zip.damaged`, `manifest.files-differ`
 */
export async function readContents(
  source: ByteSource,
  { manifest, entries }: Archive<Listing>,
  open: (file: ManifestFile) => FileSink,
): Promise<void> {
  const reading = new EntriesInTurn(source, entries);
  const garbage = new YoungGarbage();
  let sinceTurn = 0;
  try {
    for (const file of manifest.files) {
      await readFile({ reading, garbage }, file, open(file));
      sinceTurn += file.size;
      if (sinceTurn < bytesPerTurn) continue;
      sinceTurn = 0;
      await nextTurn();
    }
  } finally {
    await reading.close();
  }
}

async function readFile(
  { reading, garbage }: { reading: EntriesInTurn; garbage: YoungGarbage },
  { path, size, sha256 }: ManifestFile,
  sink: FileSink,
): Promise<void> {
  let whole: string | undefined;
  let pieces: Hash | undefined;
  try {
    await reading.next((piece) => {
      // One call for a file that comes whole: thousands of hash objects would cost more than the hashing.
      if (piece.length === size) whole = hash('sha256', piece);
      else (pieces ??= createHash('sha256')).update(piece);
      sink.write(piece);
      garbage.made(piece.length);
    });
  } finally {
    sink.close();
  }
  const found = whole ?? pieces?.digest('hex') ?? hash('sha256', '');
  if (found !== sha256)
    throw new FerrymanError(
      'manifest.files-differ',
      `file ${path}: expected SHA-256 ${sha256}, found ${found}`,
    );
}

/** A sink for checking without keeping anything. */
export const discard: FileSink = { write: () => undefined, close: () => undefined };

function tooLarge(maxBytes: number, found: number): FerrymanError {
  return new FerrymanError(
    'zip.too-large',
    `${manifestPath}: expected at most ${maxBytes} bytes, found ${found}`,
  );
}

function differ(message: string): FerrymanError {
  return new FerrymanError('manifest.files-differ', message);
}
