/**
 * An archive that is accepted is read the same by another program, and holds nothing but what canonical writing makes.
 * The input is a zip with an empty comment, or a whole parcel; signatures are not looked at.
 */
import { inflateRawSync } from 'node:zlib';
import AdmZip from 'adm-zip';
import { deflated, entry, writeZip } from '../../../fixtures/kit/raw-zip.ts';
import { openArchive, readContents } from '../../../src/parcel/archive.ts';
import type { ByteSource } from '../../../src/parcel/byte-source.ts';
import { findFraming, tailBytes, withoutComment } from '../../../src/parcel/framing.ts';
import { FerrymanError } from '../../../src/errors.ts';
import { parcelSeeds } from '../seeds.ts';
import { archiveCodes, holds, refusalIn, type Target } from '../target.ts';
import { staysInside } from './names.ts';

export const archive: Target = {
  name: 'archive',
  maxBytes: 16 * 1024,
  blocksPerByte: 30,
  words: [
    'PK\x01\x02',
    'PK\x03\x04',
    'PK\x05\x06',
    'PK\x06\x06',
    'PK\x06\x07',
    'manifest.json',
    'run.sh',
    '\x08\0',
    '\0\0\0\0',
  ],
  seeds: parcelSeeds,
  run: readAndCompare,
};

/** Reads an archive in memory. @returns `accepted`, or the code of its refusal */
export async function readAndCompare(input: Buffer): Promise<string> {
  try {
    const framing = findFraming(input.subarray(-tailBytes), input.length);
    const opened = await openArchive(frugalSource(input), framing.eocdOffset);
    const files = new Map<string, Buffer>();
    await readContents(frugalSource(input), opened, ({ path, size }) =>
      keepAtMost(size, (bytes) => files.set(path, bytes)),
    );
    for (const path of files.keys()) staysInside(path);
    agreesWithAdmZip(withoutComment(input, framing), files);
    isCanonical(withoutComment(input, framing), files);
    return 'accepted';
  } catch (error) {
    return refusalIn(error, archiveCodes);
  }
}

/** Never asked for more than there is: what a header says of sizes must not become memory. */
function frugalSource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read(offset, length) {
      holds(length <= bytes.length, `a reader asks for at most what there is, found ${length} bytes`);
      if (offset + length > bytes.length) throw new FerrymanError('zip.damaged', 'read past the end');
      return bytes.subarray(offset, offset + length);
    },
  };
}

function keepAtMost(
  size: number,
  keep: (bytes: Buffer) => void,
): { write(chunk: Buffer): void; close(): void } {
  const chunks: Buffer[] = [];
  let passed = 0;
  return {
    write(chunk) {
      passed += chunk.length;
      holds(passed <= size, 'no byte more than a file says it has');
      chunks.push(Buffer.from(chunk));
    },
    close: () => keep(Buffer.concat(chunks)),
  };
}

function agreesWithAdmZip(zip: Buffer, files: ReadonlyMap<string, Buffer>): void {
  const entries = new AdmZip(Buffer.from(zip)).getEntries();
  const names = entries.map(({ entryName }) => entryName);
  holds(
    names.join('\n') === ['manifest.json', ...files.keys()].join('\n'),
    'another reader finds the same files',
  );
  for (const other of entries.slice(1))
    holds(
      files.get(other.entryName)?.equals(other.getData()) ?? false,
      'another reader reads the same contents',
    );
}

/** The vectors' writer, which shares no code with ours, makes the same bytes of the same files and streams. */
function isCanonical(zip: Buffer, files: ReadonlyMap<string, Buffer>): void {
  const again = new AdmZip(Buffer.from(zip)).getEntries().map((one) => {
    const contents = files.get(one.entryName) ?? one.getData();
    const file = entry(one.entryName, contents, (one.attr >>> 16) & 0o777);
    if (one.header.method === 0) return file;
    const stream = one.getCompressedData();
    holds(!isWhole(stream.subarray(0, -1)), 'a deflate stream has no byte too many');
    return deflated(file, stream);
  });
  holds(writeZip(again).equals(zip), 'an archive has one spelling');
}

function isWhole(stream: Buffer): boolean {
  try {
    inflateRawSync(stream);
    return true;
  } catch {
    return false; // whatever zlib has against it
  }
}
