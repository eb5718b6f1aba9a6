/**
 * Opens parcel files and proves them. The file stays open, and everything after is read through the same descriptor: what
 * was hashed is what is read, whatever becomes of the name meanwhile.
 */
import { closeSync } from 'node:fs';
import { fileChunks, FileSource, openRegularFile, type Links } from '../durable/file-source.ts';
import { openArchive, type Archive } from '../parcel/archive.ts';
import type { ByteSource } from '../parcel/byte-source.ts';
import { ParcelHasher, type HashedParcel } from '../parcel/framing.ts';
import { parseComment } from '../parcel/signature-block.ts';
import type { Trust } from '../verify/trust.ts';
import { verify, type VerifiedParcel } from '../verify/verify.ts';

/** An open parcel file that was read through once; nothing of it is to be believed yet. */
export interface HashedFile extends HashedParcel {
  readonly path: string;
  readonly source: ByteSource;
  /** Call it in any case; harmless when called again. */
  close(): void;
}

/** An open parcel file that the office has signed as this node demands. */
export interface VerifiedFile extends HashedFile {
  readonly proof: VerifiedParcel;
}

/**
 * @param hashed what hashing this very file has told, when this process has just written it
 * @throws FerrymanError `source.*`, `framing.*`
 */
export async function openHashed(path: string, links: Links, hashed?: HashedParcel): Promise<HashedFile> {
  const fd = openRegularFile(path, links);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  try {
    return { ...(hashed ?? (await hashWhole(fd))), path, source: new FileSource(fd), close };
  } catch (error) {
    close();
    throw error;
  }
}

async function hashWhole(fd: number): Promise<HashedParcel> {
  const hasher = new ParcelHasher();
  for await (const chunk of fileChunks(fd)) hasher.update(chunk);
  return hasher.finish();
}

/** @throws FerrymanError `signature.*`, `verify.*`, `trust.*`; the file is closed then */
export function prove(file: HashedFile, trust: Trust): VerifiedFile {
  try {
    return {
      ...file,
      proof: verify({ digest: file.digest, blocks: parseComment(file.framing.comment) }, trust),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Runs `use` with a proven file and closes it whatever happens. @throws as {@link openHashed}, {@link prove} and `use` do */
export async function withVerified<Result>(
  path: string,
  links: Links,
  trust: Trust,
  use: (file: VerifiedFile) => Promise<Result> | Result,
): Promise<Result> {
  const file = prove(await openHashed(path, links), trust);
  try {
    return await use(file);
  } finally {
    file.close();
  }
}

/** Directory and manifest of a proven file. @throws FerrymanError `zip.*`, `manifest.*` */
export function readArchive({ source, framing }: VerifiedFile): Promise<Archive> {
  return openArchive(source, framing.eocdOffset);
}
