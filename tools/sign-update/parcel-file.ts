/** A parcel, or a plain zip that is to become one, read whole: the office's tool changes comments, so it holds the bytes. */
import { readFileSync } from 'node:fs';
import { readAnyParcel, type AnyParcel } from '../../src/parcel/any-parcel.ts';
import { bufferSource } from '../../src/parcel/buffer-source.ts';
import { ParcelHasher, withoutComment, type HashedParcel } from '../../src/parcel/framing.ts';
import { parseComment, type SignatureBlock } from '../../src/parcel/signature-block.ts';

export interface ParcelFile extends HashedParcel {
  readonly bytes: Buffer;
  /** S: the zip with an empty comment. */
  readonly unsigned: Buffer;
}

/** @throws FerrymanError `source.missing`, `framing.*` */
export function readParcel(path: string): ParcelFile {
  return parcelFromBytes(readFileSync(path));
}

/** @throws FerrymanError `framing.*` */
export function parcelFromBytes(bytes: Buffer): ParcelFile {
  const hasher = new ParcelHasher();
  hasher.update(bytes);
  const hashed = hasher.finish();
  return { ...hashed, bytes, unsigned: withoutComment(bytes, hashed.framing) };
}

/** The blocks of a parcel; none for a plain zip. @throws FerrymanError `signature.*` */
export function blocksOf({ framing }: ParcelFile): SignatureBlock[] {
  return framing.comment.length === 0 ? [] : parseComment(framing.comment);
}

/** Reads everything in the archive, as a node would. @throws FerrymanError `zip.*`, `manifest.*` */
export function checkArchive({ bytes, framing }: ParcelFile): Promise<AnyParcel> {
  return readAnyParcel(bufferSource(bytes), framing.eocdOffset);
}
