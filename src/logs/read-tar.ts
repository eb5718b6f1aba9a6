/**
 * Reads the tar of an archive of logs that may come from anywhere: plain files with harmless names only, within ceilings. Constant memory.
 */
import { extract, type Entry, type Extract } from 'tar-stream';
import { FerrymanError } from '../errors.ts';
import { printable } from '../parcel/printable.ts';
import { maxRawBytes } from './budget.ts';
import type { Decompressor } from './compressor.ts';

export interface TarFile {
  /** `var/log/…` or `journal.export`. */
  readonly path: string;
  readonly size: number;
  readonly mtime: Date | undefined;
}

/** Takes each file in turn. */
export type TakeFile = (file: TarFile, pieces: AsyncIterable<Buffer>) => Promise<void>;

/** A whole share, and the journal besides. */
const maxBytes = 2 * maxRawBytes;
const maxEntries = 60_000;
const maxPathBytes = 1024;
const maxPathDepth = 24;
/** Bytes of headers that are read ahead of an entry; a long name takes a few hundred. */
const maxAheadBytes = 8 * 1024 * 1024;
/** Headers and padding of one entry. */
const perEntryBytes = 4096;

/** @throws FerrymanError `logs.refused`, `logs.compress`, and what `take` throws */
export async function readTar({ output, done }: Decompressor, take: TakeFile): Promise<void> {
  const tar = extract();
  const meter = new Meter();
  const feeding = feed(output, tar, meter).catch((error: unknown) => {
    tar.destroy(error as Error);
  });
  let entries = 0;
  try {
    for await (const entry of tar as AsyncIterable<Entry>) {
      entries += 1;
      if (entries > maxEntries) throw refused(`expected at most ${maxEntries} files, found more`);
      meter.consumed += perEntryBytes;
      await take(checked(entry), counted(entry, meter));
    }
    await feeding;
    await done;
  } catch (error) {
    output.destroy();
    const why = error instanceof Error ? error.message : '';
    if (error instanceof FerrymanError || isOfTar(why)) {
      await done.catch(() => undefined); // it was ended in the middle, by this
      throw error instanceof FerrymanError ? error : refused(`expected a tar, found none: ${why}`, error);
    }
    await done; // what is wrong with the compressed bytes explains the rest
    throw error;
  }
}

/** tar-stream has no codes. */
function isOfTar(message: string): boolean {
  return /tar header|Unexpected end of data/.test(message);
}

/** How much was read, and how much of it was of use. */
class Meter {
  fed = 0;
  consumed = 0;

  check(): void {
    if (this.fed > maxBytes) throw refused(`expected at most ${maxBytes} bytes when unpacked, found more`);
    if (this.fed - this.consumed > maxAheadBytes) throw refused('expected files, found headers without end');
  }
}

async function feed(from: AsyncIterable<Buffer>, tar: Extract, meter: Meter): Promise<void> {
  for await (const chunk of from) {
    meter.fed += chunk.length;
    meter.check();
    if (!tar.write(chunk)) await room(tar);
  }
  tar.end();
}

/** Settles when more can be written, or nobody reads any more. */
function room(tar: Extract): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      tar.off('drain', settle);
      tar.off('close', settle);
      resolve();
    };
    tar.on('drain', settle);
    tar.on('close', settle);
  });
}

async function* counted(entry: Entry, meter: Meter): AsyncGenerator<Buffer> {
  for await (const piece of entry as AsyncIterable<Buffer>) {
    meter.consumed += piece.length;
    yield piece;
  }
}

function checked({ header }: Entry): TarFile {
  const { name, type, size = 0, mtime } = header;
  if (type !== 'file')
    throw refused(`${printable(name)}: expected a plain file, found ${type ?? 'something else'}`);
  const parts = name.split('/');
  const isOurs = name === 'journal.export' || (parts[0] === 'var' && parts[1] === 'log' && parts.length > 2);
  const isHarmless =
    Buffer.byteLength(name) <= maxPathBytes &&
    parts.length <= maxPathDepth &&
    !name.includes('\0') &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isOurs || !isHarmless)
    throw refused(`${printable(name.slice(0, 200))}: expected a path below var/log, found another`);
  return { path: name, size, mtime };
}

function refused(message: string, cause?: unknown): FerrymanError {
  return new FerrymanError('logs.refused', `archive of logs: ${message}`, { cause });
}
