/**
 * Opens the archive in a parcel and reads its files, strictly: what is not canonical, not listed or not exact is refused.
 *
 * Call only on a parcel whose signatures were checked: nothing here is meant to meet bytes that the office did not sign.
 * Spec: docs/format.md §4 to §6.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { FerrymanError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { checkLocalHeader, dataOffset, localHeader, readDirectory, type ZipEntry } from './canonical-zip.ts';
import { maxManifestBytes } from './limits.ts';
import { manifestPath, parseManifest, type ManifestFile, type UpdateManifest } from './manifest.ts';

/** Bytes read and passed on at a time. */
const chunkBytes = 256 * 1024;
/** Files up to this size are inflated in one call, which is several times faster for many small files. */
const wholeBytes = 1024 * 1024;

/** Contents read before other work gets a turn: progress, signals, the watchdog. */
const bytesPerTurn = 16 * 1024 * 1024;

/** An archive whose directory and manifest agree; contents are checked when they are read. */
export interface Archive {
  readonly manifest: UpdateManifest;
  /** The entries of the manifest's files, in the same order. */
  readonly entries: readonly ZipEntry[];
}

/** Takes the contents of one file, chunk by chunk; closed in any case. */
export interface FileSink {
  write(chunk: Buffer): void;
  close(): void;
}

/**
 * Reads directory and manifest and holds them against each other.
 *
 * @param eocdOffset where framing found the end record
 * @throws FerrymanError `zip.*`, `manifest.*`
 */
export async function openArchive(source: ByteSource, eocdOffset: number): Promise<Archive> {
  const [first, ...entries] = readDirectory(source, eocdOffset);
  if (first?.path !== manifestPath || first.mode !== 0o644) {
    throw new FerrymanError(
      'manifest.malformed',
      `expected the first entry to be ${manifestPath} with mode 644, found ${first ? `${first.path} with mode ${first.mode.toString(8)}` : 'none'}`,
    );
  }
  if (first.size > maxManifestBytes) {
    throw new FerrymanError(
      'zip.too-large',
      `${manifestPath}: expected at most ${maxManifestBytes} bytes, found ${first.size}`,
    );
  }
  const bytes: Buffer[] = [];
  await readEntry(source, first, (chunk) => bytes.push(Buffer.from(chunk)));
  const manifest = parseManifest(Buffer.concat(bytes));
  checkListed(manifest.files, entries);
  return { manifest, entries };
}

/** Every entry listed, every listed file there, in the same order, with the same size and mode. */
function checkListed(files: readonly ManifestFile[], entries: readonly ZipEntry[]): void {
  const listed = new Set(files.map((file) => file.path));
  const present = new Set(entries.map((entry) => entry.path));
  for (const { path } of entries)
    if (!listed.has(path)) throw differ(`file ${path}: in the archive, but not in the manifest`);
  for (const { path } of files)
    if (!present.has(path)) throw differ(`file ${path}: in the manifest, but not in the archive`);
  for (const [index, file] of files.entries()) {
    const entry = entries[index];
    if (entry?.path !== file.path)
      throw differ(
        `file ${file.path}: expected the archive in the order of the manifest, found ${entry?.path}`,
      );
    if (entry.size !== file.size)
      throw differ(`file ${file.path}: expected ${file.size} bytes, found ${entry.size}`);
    if (entry.mode !== file.mode)
      throw differ(
        `file ${file.path}: expected mode ${file.mode.toString(8)}, found ${entry.mode.toString(8)}`,
      );
  }
}

/**
 * Reads every file of an open archive in order, checking local header, size, CRC and SHA-256.
 *
 * Chunks are passed on before their file is proven: on an error the caller throws away everything it was given.
 *
 * @throws FerrymanError `zip.not-canonical`, `zip.damaged`, `manifest.files-differ`
 */
export async function readContents(
  source: ByteSource,
  archive: Archive,
  open: (file: ManifestFile) => FileSink,
): Promise<void> {
  let sinceTurn = 0;
  for (const [index, file] of archive.manifest.files.entries()) {
    const entry = archive.entries[index];
    if (!entry) throw new FerrymanError('internal.bug', 'an archive without the entries of its manifest');
    const sink = open(file);
    const hash = createHash('sha256');
    try {
      await readEntry(source, entry, (chunk) => {
        hash.update(chunk);
        sink.write(chunk);
      });
      sinceTurn += file.size;
      if (sinceTurn > bytesPerTurn) {
        sinceTurn = 0;
        await nextTurn();
      }
    } finally {
      sink.close();
    }
    const found = hash.digest('hex');
    if (found !== file.sha256)
      throw new FerrymanError(
        'manifest.files-differ',
        `file ${file.path}: expected SHA-256 ${file.sha256}, found ${found}`,
      );
  }
}

/** A sink for checking without keeping anything. */
export const discard: FileSink = { write: () => undefined, close: () => undefined };

async function readEntry(source: ByteSource, entry: ZipEntry, take: (chunk: Buffer) => void): Promise<void> {
  checkLocalHeader(entry, source.read(entry.offset, localHeader(entry).length));
  let size = 0;
  let crc = 0;
  const accept = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > entry.size) throw damaged(entry, `${entry.size} bytes of contents, found more`);
    crc = crc32(chunk, crc);
    take(chunk);
  };
  if (entry.method === 0) await copyChunks(source, entry, accept);
  else if (entry.size <= wholeBytes && entry.compressedBytes <= 2 * wholeBytes)
    accept(inflateWhole(source, entry));
  else await inflateChunks(source, entry, accept);
  if (size !== entry.size) throw damaged(entry, `${entry.size} bytes of contents, found ${size}`);
  if (crc !== entry.crc) throw damaged(entry, `CRC ${hex32(entry.crc)}, found ${hex32(crc)}`);
}

function* rawChunks(source: ByteSource, entry: ZipEntry): Generator<Buffer> {
  const begin = dataOffset(entry);
  for (let done = 0; done < entry.compressedBytes; done += chunkBytes) {
    yield source.read(begin + done, Math.min(chunkBytes, entry.compressedBytes - done));
  }
}

async function copyChunks(
  source: ByteSource,
  entry: ZipEntry,
  accept: (chunk: Buffer) => void,
): Promise<void> {
  let sinceTurn = 0;
  for (const chunk of rawChunks(source, entry)) {
    accept(chunk);
    sinceTurn += chunk.length;
    if (sinceTurn < bytesPerTurn) continue;
    sinceTurn = 0;
    await nextTurn();
  }
}

function inflateWhole(source: ByteSource, entry: ZipEntry): Buffer {
  const data = source.read(dataOffset(entry), entry.compressedBytes);
  try {
    // One byte more than declared, so that too long a stream is seen as such and never held.
    const { buffer, engine } = inflateRawSync(data, {
      maxOutputLength: entry.size + 1,
      info: true,
    }) as unknown as InflateInfo;
    if (engine.bytesWritten !== entry.compressedBytes) throw trailing(entry, engine.bytesWritten);
    return buffer;
  } catch (error) {
    throw asDamaged(entry, error);
  }
}

/** What node:zlib returns with `info: true` (documented for the sync methods; the types leave it out). */
interface InflateInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

async function inflateChunks(
  source: ByteSource,
  entry: ZipEntry,
  accept: (chunk: Buffer) => void,
): Promise<void> {
  const inflate = createInflateRaw({ chunkSize: chunkBytes });
  const closed = new Promise((resolve) => inflate.once('close', resolve));
  const feed = async (): Promise<void> => {
    try {
      for (const chunk of rawChunks(source, entry)) {
        if (inflate.destroyed) return;
        if (!inflate.write(chunk))
          await Promise.race([new Promise((resolve) => inflate.once('drain', resolve)), closed]);
      }
      inflate.end();
    } catch (error) {
      inflate.destroy(error as Error); // the source could not be read: the loop below ends with it
    }
  };
  const fed = feed();
  try {
    for await (const chunk of inflate) accept(chunk as Buffer);
  } catch (error) {
    throw asDamaged(entry, error);
  } finally {
    inflate.destroy();
    await fed;
  }
  if (inflate.bytesWritten !== entry.compressedBytes) throw trailing(entry, inflate.bytesWritten);
}

/** An error of zlib in the words of the format; one of whoever reads or takes the bytes stays as it is. */
function asDamaged(entry: ZipEntry, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return error;
  if (error.code === 'ERR_BUFFER_TOO_LARGE')
    return damaged(entry, `${entry.size} bytes of contents, found more`);
  if (!error.code.startsWith('Z_')) return error;
  return new FerrymanError(
    'zip.damaged',
    `entry ${entry.path}: expected a whole deflate stream: ${error.message}`,
    { cause: error },
  );
}

function trailing(entry: ZipEntry, used: number): FerrymanError {
  return damaged(entry, `a deflate stream of ${entry.compressedBytes} bytes, found it end after ${used}`);
}

function damaged(entry: ZipEntry, expected: string): FerrymanError {
  return new FerrymanError('zip.damaged', `entry ${entry.path}: expected ${expected}`);
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function differ(message: string): FerrymanError {
  return new FerrymanError('manifest.files-differ', message);
}
