/**
 * Where a parcel ends and where its signatures stand: the only part of a parcel that is read before its signatures
 * are checked. Knows nothing of zip entries.
 *
 *   ┌──────── zip bytes ────────┬──────── EOCD, 22 bytes ────────┬───── comment ─────┐
 *   │ entries, central directory │ 50 4b 05 06 … │ length, 2 bytes │ signature blocks  │
 *   └───────────────────────────┴────────────────────────────────┴───────────────────┘
 *   S = everything before the length, then 00 00. The digest of a parcel is BLAKE2b-512(S).
 *
 * Spec: docs/format.md §2.
 */
import { createHash, type Hash } from 'node:crypto';
import { FerrymanError } from '../errors.ts';
import { maxBlockBytes, maxParcelBytes, maxSignatures } from './limits.ts';

const eocdBytes = 22;
const eocdSignature = Buffer.from([0x50, 0x4b, 0x05, 0x06]);

/** Bytes at the end of a file that framing can need to see. */
export const tailBytes = eocdBytes + maxSignatures * maxBlockBytes;

/** How a parcel is cut: S ends where the comment length stands, the signature blocks follow it. */
export interface Framing {
  /** Bytes of the whole file. */
  readonly size: number;
  /** Offset of the end-of-central-directory record. */
  readonly eocdOffset: number;
  /** The zip comment: the signature blocks, possibly none. */
  readonly comment: Buffer;
}

/** What streaming a whole parcel through {@link ParcelHasher} tells. */
export interface HashedParcel {
  readonly framing: Framing;
  /** BLAKE2b-512 of S, 128 lower-case hex digits: what is signed, and the name of the parcel's content. */
  readonly digest: string;
  /** BLAKE2b-512 of the whole file, signatures included, 128 lower-case hex digits. */
  readonly fileHash: string;
}

/**
 * Finds the one end-of-central-directory record whose comment reaches exactly to the end of the file.
 *
 * @param tail the last bytes of the file, at least {@link tailBytes} or the whole file
 * @param size bytes of the whole file
 * @throws FerrymanError `framing.truncated`, `framing.ambiguous`
 */
export function findFraming(tail: Buffer, size: number): Framing {
  const found: Framing[] = [];
  for (let at = tail.indexOf(eocdSignature); at !== -1; at = tail.indexOf(eocdSignature, at + 1)) {
    if (at + eocdBytes > tail.length) break;
    const comment = tail.subarray(at + eocdBytes);
    if (tail.readUInt16LE(at + eocdBytes - 2) !== comment.length || !comment.every(isCommentByte)) continue;
    found.push({ size, eocdOffset: size - tail.length + at, comment: Buffer.from(comment) });
  }
  const [framing, second] = found;
  if (!framing) {
    throw new FerrymanError(
      'framing.truncated',
      'expected a zip end record whose comment reaches the end of the file, found none',
    );
  }
  if (second) {
    throw new FerrymanError(
      'framing.ambiguous',
      `expected one zip end record, found one at byte ${framing.eocdOffset} and one at byte ${second.eocdOffset}`,
    );
  }
  return framing;
}

function isCommentByte(byte: number): boolean {
  return byte === 0x09 || byte === 0x0a || (byte >= 0x20 && byte <= 0x7e);
}

/**
 * Computes digest, file hash and framing of a parcel in one pass over its bytes, in constant memory.
 *
 * Call {@link update} with every chunk in order, then {@link finish} once.
 */
export class ParcelHasher {
  readonly #hash: Hash = createHash('blake2b512');
  #held: Buffer = Buffer.alloc(0);
  #size = 0;

  /** @throws FerrymanError `framing.too-large` as soon as the file is over the limit */
  update(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > maxParcelBytes) {
      throw new FerrymanError('framing.too-large', `expected at most ${maxParcelBytes} bytes, found more`);
    }
    if (chunk.length >= tailBytes) {
      this.#hash.update(this.#held);
      this.#hash.update(chunk.subarray(0, chunk.length - tailBytes));
      this.#held = Buffer.from(chunk.subarray(chunk.length - tailBytes));
      return;
    }
    const joined = Buffer.concat([this.#held, chunk]);
    const released = Math.max(0, joined.length - tailBytes);
    this.#hash.update(joined.subarray(0, released));
    this.#held = joined.subarray(released);
  }

  /** The hash of the whole file; {@link finish} would also demand that the file is framed as a parcel. */
  fileHash(): string {
    return this.#hash.copy().update(this.#held).digest('hex');
  }

  /** @throws FerrymanError `framing.truncated`, `framing.ambiguous` */
  finish(): HashedParcel {
    const framing = findFraming(this.#held, this.#size);
    const signedHeld = this.#held.length - framing.comment.length - 2;
    const digest = this.#hash.copy();
    digest.update(this.#held.subarray(0, signedHeld)).update(Buffer.alloc(2));
    return { framing, digest: digest.digest('hex'), fileHash: this.fileHash() };
  }
}

/** {@link ParcelHasher} over a parcel held in memory. @throws FerrymanError `framing.*` */
export function hashParcel(bytes: Buffer): HashedParcel {
  const hasher = new ParcelHasher();
  hasher.update(bytes);
  return hasher.finish();
}

/** S and its signature blocks, joined to a parcel's bytes. `unsigned` is a zip that ends with an empty comment. */
export function joinComment(unsigned: Buffer, comment: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(comment.length);
  return Buffer.concat([unsigned.subarray(0, unsigned.length - 2), length, comment]);
}

/** S of a parcel held in memory: the same zip with an empty comment. */
export function withoutComment(parcel: Buffer, framing: Framing): Buffer {
  return Buffer.concat([parcel.subarray(0, framing.eocdOffset + eocdBytes - 2), Buffer.alloc(2)]);
}
