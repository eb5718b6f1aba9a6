/**
 * The one way in which a parcel's zip may be written, byte for byte. Reading is rebuilding: the few fields that may
 * differ between entries are taken from the directory, the canonical headers are built from them and must equal the
 * bytes found. Whatever is not expressible here (zip64, encryption, data descriptors, extra fields, comments, gaps,
 * links, folders, devices, setuid, dates) is refused by construction.
 *
 * Spec: docs/format.md §4; APPNOTE.TXT 6.3.10 for the names of the fields.
 */
import { FerrymanError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { maxContentBytes, maxFiles, maxManifestBytes, maxPathBytes } from './limits.ts';
import { checkPath, PathSet } from './path.ts';

const localHeaderBytes = 30;
const centralHeaderBytes = 46;
const eocdBytes = 22;

/** Compression methods: 0 stored, 8 deflated. */
export type Method = 0 | 8;
/** Permission bits that a file may have. */
export type Mode = 0o644 | 0o755;

/** One file in a canonical zip. */
export interface ZipEntry {
  /** ASCII: as many bytes as characters. */
  readonly path: string;
  readonly method: Method;
  readonly mode: Mode;
  /** CRC-32 of the contents (IEEE 802.3). */
  readonly crc: number;
  readonly compressedBytes: number;
  /** Bytes of the contents. */
  readonly size: number;
  /** Where the local header stands in the parcel. */
  readonly offset: number;
}

/*
 *  fields common to both headers, 26 bytes:
 *   0 version needed  2 flags  4 method  6 time  8 date  10 crc  14 compressed  18 size  22 name length  24 extra length
 */
function writeCommonFields(header: Buffer, at: number, entry: ZipEntry, nameBytes: number): void {
  header.writeUInt16LE(entry.method === 8 ? 20 : 10, at);
  header.writeUInt16LE(0x0800, at + 2); // names are UTF-8
  header.writeUInt16LE(entry.method, at + 4);
  header.writeUInt16LE(0x0021, at + 8); // 1980-01-01
  header.writeUInt32LE(entry.crc, at + 10);
  header.writeUInt32LE(entry.compressedBytes, at + 14);
  header.writeUInt32LE(entry.size, at + 18);
  header.writeUInt16LE(nameBytes, at + 22);
}

/** Room for one header, zeroed: cut from Node's pool, since thousands of buffers of their own take longer than all the rest. */
function headerRoom(bytes: number): Buffer {
  return Buffer.allocUnsafe(bytes).fill(0);
}

/** The local header that must stand before an entry's data. */
export function localHeader(entry: ZipEntry): Buffer {
  const header = headerRoom(localHeaderBytes + entry.path.length);
  header.writeUInt32LE(0x04034b50); // PK 03 04
  writeCommonFields(header, 4, entry, entry.path.length);
  header.write(entry.path, localHeaderBytes, 'latin1');
  return header;
}

/** The header that must stand for an entry in the central directory. */
export function centralHeader(entry: ZipEntry): Buffer {
  const header = headerRoom(centralHeaderBytes + entry.path.length);
  header.writeUInt32LE(0x02014b50); // PK 01 02
  header.writeUInt16LE(0x0314, 4); // version 2.0, made by Unix
  writeCommonFields(header, 6, entry, entry.path.length);
  header.writeUInt32LE(((0o100000 | entry.mode) << 16) >>> 0, 38); // a regular file
  header.writeUInt32LE(entry.offset, 42);
  header.write(entry.path, centralHeaderBytes, 'latin1');
  return header;
}

function endRecord(entries: number, directoryBytes: number, directoryOffset: number): Buffer {
  const record = Buffer.alloc(eocdBytes - 2);
  record.write('PK\x05\x06', 0, 'latin1');
  record.writeUInt16LE(entries, 8);
  record.writeUInt16LE(entries, 10);
  record.writeUInt32LE(directoryBytes, 12);
  record.writeUInt32LE(directoryOffset, 16);
  return record;
}

/** Where an entry's data begins. */
export function dataOffset(entry: ZipEntry): number {
  return entry.offset + localHeaderBytes + entry.path.length;
}

/**
 * Reads and checks the central directory: every entry canonical, contiguous from offset 0, within the limits.
 * Local headers and contents are checked where they are read (archive.ts).
 *
 * @param eocdOffset where framing found the end record
 * @throws FerrymanError `zip.not-canonical`, `zip.bad-name`, `zip.duplicate-name`, `zip.too-large`
 */
export function readDirectory(source: ByteSource, eocdOffset: number): ZipEntry[] {
  const found = source.read(eocdOffset, eocdBytes - 2);
  const count = found.readUInt16LE(10);
  const directoryBytes = found.readUInt32LE(12);
  const directoryOffset = found.readUInt32LE(16);
  if (
    directoryOffset + directoryBytes !== eocdOffset ||
    !found.equals(endRecord(count, directoryBytes, directoryOffset))
  ) {
    throw notCanonical(
      'the end record',
      'one disk, equal counts and a directory that ends where the record begins',
    );
  }
  if (count > maxFiles + 1)
    throw new FerrymanError(
      'zip.too-large',
      `expected at most ${maxFiles} files and a manifest, found ${count} entries`,
    );
  if (directoryBytes > count * (centralHeaderBytes + maxPathBytes)) {
    throw notCanonical(
      'the central directory',
      `at most ${maxPathBytes} bytes for each of ${count} names, found ${directoryBytes} bytes`,
    );
  }
  return readEntries(source.read(directoryOffset, directoryBytes), count, directoryOffset);
}

function readEntries(directory: Buffer, count: number, directoryOffset: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  const paths = new PathSet();
  let at = 0;
  let expectedOffset = 0;
  let contentBytes = 0;
  for (let index = 0; index < count; index++) {
    const entry = readCentralHeader(directory, at, index);
    if (entry.offset !== expectedOffset) {
      throw notCanonical(
        `entry ${entry.path}`,
        `its data at byte ${expectedOffset}, right after the one before; found byte ${entry.offset}`,
      );
    }
    paths.add(entry.path);
    contentBytes += entry.size;
    if (contentBytes > maxContentBytes + maxManifestBytes) {
      throw new FerrymanError(
        'zip.too-large',
        `expected contents of at most ${maxContentBytes} bytes, found more`,
      );
    }
    entries.push(entry);
    expectedOffset = dataOffset(entry) + entry.compressedBytes;
    at += centralHeaderBytes + entry.path.length;
  }
  if (at !== directory.length)
    throw notCanonical(
      'the central directory',
      `${at} bytes for its ${count} entries, found ${directory.length}`,
    );
  if (expectedOffset !== directoryOffset) {
    throw notCanonical(
      'the archive',
      `entries up to the directory at byte ${directoryOffset}, found an end at byte ${expectedOffset}`,
    );
  }
  return entries;
}

function readCentralHeader(directory: Buffer, at: number, index: number): ZipEntry {
  const nameAt = at + centralHeaderBytes;
  if (nameAt > directory.length)
    throw notCanonical(`entry number ${index + 1}`, 'a whole header in the central directory');
  const nameEnd = nameAt + directory.readUInt16LE(at + 28);
  if (nameEnd > directory.length)
    throw notCanonical(`entry number ${index + 1}`, 'a whole name in the central directory');
  const path = checkPath(directory.subarray(nameAt, nameEnd));
  const method = directory.readUInt16LE(at + 10);
  const attributes = directory.readUInt32LE(at + 38);
  const entry: ZipEntry = {
    path,
    method: method === 0 ? 0 : 8,
    mode: attributes >>> 16 === 0o100755 ? 0o755 : 0o644,
    crc: directory.readUInt32LE(at + 16),
    compressedBytes: directory.readUInt32LE(at + 20),
    size: directory.readUInt32LE(at + 24),
    offset: directory.readUInt32LE(at + 42),
  };
  const expected = centralHeader(entry);
  if (expected.compare(directory, at, nameEnd) !== 0)
    throw notCanonical(
      `entry ${path}`,
      differingField(expected, directory.subarray(at, nameEnd), centralFields),
    );
  if (entry.method === 0 && entry.compressedBytes !== entry.size) {
    throw notCanonical(
      `entry ${path}`,
      `equal sizes for a stored file, found ${entry.compressedBytes} and ${entry.size}`,
    );
  }
  if (entry.method === 8 && entry.size === 0)
    throw notCanonical(`entry ${path}`, 'an empty file to be stored, found it deflated');
  return entry;
}

/** @throws FerrymanError `zip.not-canonical` when the bytes before an entry's data are not its local header */
export function checkLocalHeader(entry: ZipEntry, found: Buffer): void {
  const expected = localHeader(entry);
  if (!found.equals(expected)) {
    throw notCanonical(
      `entry ${entry.path}`,
      `a local header like the central one, but ${differingField(expected, found, localFields)}`,
    );
  }
}

const centralFields: readonly (readonly [end: number, name: string])[] = [
  [4, 'record mark'],
  [6, 'version made by'],
  [8, 'version needed'],
  [10, 'flags'],
  [12, 'compression method'],
  [14, 'time'],
  [16, 'date'],
  [20, 'CRC'],
  [24, 'compressed size'],
  [28, 'size'],
  [30, 'name length'],
  [32, 'extra field length'],
  [34, 'comment length'],
  [36, 'disk number'],
  [38, 'internal attributes'],
  [42, 'file type and mode'],
  [46, 'offset'],
  [Infinity, 'name'],
];
const localFields: typeof centralFields = [
  [4, 'record mark'],
  [6, 'version needed'],
  [8, 'flags'],
  [10, 'compression method'],
  [12, 'time'],
  [14, 'date'],
  [18, 'CRC'],
  [22, 'compressed size'],
  [26, 'size'],
  [28, 'name length'],
  [30, 'extra field length'],
  [Infinity, 'name'],
];

function differingField(expected: Buffer, found: Buffer, fields: typeof centralFields): string {
  const at = expected.findIndex((byte, index) => byte !== found[index]);
  let start = 0;
  for (const [end, name] of fields) {
    if (at < end) {
      const hex = (bytes: Buffer): string => bytes.subarray(start, Math.min(end, start + 16)).toString('hex');
      return `${name} ${hex(expected)}, found ${hex(found)}`;
    }
    start = end;
  }
  return 'another header';
}

function notCanonical(subject: string, expected: string): FerrymanError {
  return new FerrymanError('zip.not-canonical', `${subject}: expected ${expected}`);
}
