/** How much goes into one archive: cut so that it will be small enough when it is compressed. Pure. */
import type { Increment } from './find-changes.ts';

export interface Budget {
  /** Bytes that the archive may have when it is compressed. */
  readonly archiveBytes: number;
  /** Bytes of text that become one when they are compressed: learnt from the archive before. */
  readonly ratio: number;
}

export interface Share {
  readonly increments: readonly Increment[];
  /** Something is left for the next archive. */
  readonly isCut: boolean;
}

/** Uncompressed bytes in one archive, however well they compress: who unpacks it has a ceiling too. */
export const maxRawBytes = 1024 ** 3;
/** What is known before anything was compressed; logs usually compress by more. */
export const firstRatio = 4;
const maxRatio = 60;
/** A file is not cut for less: it begins in the next archive. */
const smallestCut = 64 * 1024;
/** Room for the name of a file, and for what stands around its contents. */
const headerBytes = 200;

const compressedNames = /\.(gz|xz|zst|bz2|lz4|lzma|zip|jpg|jpeg|png)$/i;

/** Takes increments in their order until the archive is full; the last one may be cut. At least one byte is taken. */
export function shareOf(increments: readonly Increment[], { archiveBytes, ratio }: Budget): Share {
  const taken: Increment[] = [];
  let room = archiveBytes;
  let raw = maxRawBytes;
  for (const one of increments) {
    const bytes = one.to - one.from;
    const perByte = weightOf(one, ratio);
    const fits = Math.min(raw, Math.floor((room - headerBytes) / perByte));
    if (bytes <= fits) {
      taken.push(one);
      room -= headerBytes + bytes * perByte;
      raw -= bytes;
      continue;
    }
    if (fits >= smallestCut || taken.length === 0)
      taken.push({ ...one, to: one.from + Math.min(bytes, Math.max(smallestCut, fits)) });
    return { increments: taken, isCut: true };
  }
  return { increments: taken, isCut: false };
}

/** Compressed bytes that one byte becomes. */
function weightOf({ file, isUnpacked, from, to }: Increment, ratio: number): number {
  if (!isUnpacked && compressedNames.test(file.path)) return 1;
  // Holes are zeros, of which nothing is left; what is not a hole may all be in the part that is taken.
  const solid = isUnpacked ? 1 : Math.min(1, file.allocated / Math.max(1, to - from));
  return Math.max(solid, 0.002) / ratio;
}

/** The ratio to reckon with next time: up by steps, since the next logs may be others. */
export function nextRatio(before: number, rawBytes: number, compressedBytes: number): number {
  if (rawBytes < smallestCut || compressedBytes === 0) return before;
  return Math.max(1, Math.min(maxRatio, before * 2, (rawBytes / compressedBytes) * 0.85));
}
