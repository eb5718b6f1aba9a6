/** The relay store: one file per verified update, named by its digest. What runs here, and what neighbours may have. */
import { chmodSync, closeSync, constants, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { partPath, renameDurably, syncFolder, syncWhole, writeAll } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';
import { updateFile, type Layout } from '../node/layout.ts';
import { ForwardReader } from '../parcel/forward-reader.ts';
import { formatComment, mergeBlocks, parseComment } from '../parcel/signature-block.ts';
import type { Trust } from '../verify/trust.ts';
import { openHashed, prove, type VerifiedFile } from './verified-file.ts';

/** Nobody changes it; the folder decides who reads it. */
const mode = 0o444;

/** Moves a parcel's private copy into the store. Who may enter the folder may read it: it is what neighbours fetch. */
export function putUpdate(layout: Layout, parcel: VerifiedFile): void {
  chmodSync(parcel.path, mode);
  renameDurably(parcel.path, updateFile(layout, parcel.digest));
}

/** Removes an update that proved not to be in the format: nobody is to have it from here. */
export function dropUpdate(layout: Layout, digest: string): void {
  rmSync(updateFile(layout, digest), { force: true });
}

/**
 * Runs `use` with a stored update, proven anew: its bytes may have rotted, and the trusted keys may have changed.
 *
 * @throws FerrymanError `store.missing` (also when the copy is damaged; it is removed), `verify.*`, `trust.*`, and what `use` throws
 */
export async function withUpdate<Result>(
  layout: Layout,
  digest: string,
  trust: Trust,
  use: (file: VerifiedFile) => Promise<Result> | Result,
): Promise<Result> {
  const file = await openUpdate(layout, digest, trust);
  try {
    return await use(file);
  } finally {
    file.close();
  }
}

async function openUpdate(layout: Layout, digest: string, trust: Trust): Promise<VerifiedFile> {
  const path = updateFile(layout, digest);
  try {
    const file = await openHashed(path, 'refuse');
    if (file.digest === digest) return prove(file, trust);
    file.close();
    rmSync(path, { force: true });
    const found = file.digest.slice(0, 16);
    throw new FerrymanError(
      'store.missing',
      `${path}: expected digest ${digest.slice(0, 16)}, found ${found}: the stored copy is damaged`,
    );
  } catch (error) {
    if (!(error instanceof FerrymanError) || !/^(source|framing|signature)\./.test(error.code)) throw error;
    // Only what was read and is wrong goes: a read that fails may pass the next time.
    if (error.code.startsWith('framing.')) rmSync(path, { force: true });
    throw new FerrymanError('store.missing', `expected the stored parcel: ${error.message}`, {
      cause: error,
    });
  }
}

/**
 * Adds another copy of a known update: it restores a missing one, or brings signatures.
 *
 * @returns the key ids that now vouch for the update
 */
export async function addCopy(
  layout: Layout,
  parcel: VerifiedFile,
  trust: Trust,
): Promise<readonly string[]> {
  const { proof } = parcel;
  const stored = await tryOpen(layout, parcel.digest, trust);
  if (!stored) {
    putUpdate(layout, parcel);
    return proof.signers;
  }
  try {
    // Signatures by keys that are not trusted here stay: others may trust them.
    const kept = parseComment(stored.framing.comment);
    const blocks = mergeBlocks(kept, proof.blocks);
    if (blocks.length > kept.length) replaceComment(stored, formatComment(blocks));
    rmSync(parcel.path, { force: true });
    return mergeBlocks(stored.proof.blocks, proof.blocks).map((block) => block.keyId);
  } finally {
    stored.close();
  }
}

async function tryOpen(layout: Layout, digest: string, trust: Trust): Promise<VerifiedFile | undefined> {
  try {
    return await openUpdate(layout, digest, trust);
  } catch (error) {
    if (error instanceof FerrymanError) return undefined; // whatever is wrong with it, the new copy is right
    throw error;
  }
}

function replaceComment({ path, source, framing }: VerifiedFile, comment: Buffer): void {
  const signedBytes = framing.size - framing.comment.length - 2;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(comment.length);
  const part = partPath(path);
  const to = openSync(
    part,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    mode,
  );
  try {
    for (const chunk of new ForwardReader(source).pieces(0, signedBytes)) writeAll(to, chunk);
    writeAll(to, Buffer.concat([length, comment]));
    syncWhole(to, signedBytes + 2 + comment.length);
    renameSync(part, path);
  } finally {
    closeSync(to);
    rmSync(part, { force: true });
  }
  syncFolder(dirname(path));
}
