/** The relay store: one file per verified update, named by its digest. What runs here, and what neighbours may have. */
import { closeSync, constants, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileChunks, openRegularFile } from '../durable/file-source.ts';
import { partPath, renameDurably, syncFolder, syncWhole, writeAll } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';
import { hashParcel, type StoredParcel } from '../inbox/inbox.ts';
import { updateFile, type Layout } from '../node/layout.ts';
import type { Framing } from '../parcel/framing.ts';
import { formatComment, mergeBlocks, parseComment } from '../parcel/signature-block.ts';
import type { VerifiedFile } from '../unpack/unpack.ts';
import { verify, type Trust, type VerifiedParcel } from '../verify/verify.ts';

/** Moves a parcel's private copy into the store. */
export function putUpdate(layout: Layout, parcel: StoredParcel): void {
  renameDurably(parcel.path, updateFile(layout, parcel.digest));
}

/** Removes an update that proved not to be in the format: nobody is to have it from here. */
export function dropUpdate(layout: Layout, digest: string): void {
  rmSync(updateFile(layout, digest), { force: true });
}

/**
 * Opens a stored update, proving it anew: its bytes may have rotted, and the trusted keys may have changed.
 *
 * @throws FerrymanError `store.missing` (also when the copy is damaged; it is removed), `verify.*`
 */
export async function openUpdate(layout: Layout, digest: string, trust: Trust): Promise<VerifiedFile> {
  const path = updateFile(layout, digest);
  let found;
  let blocks;
  try {
    found = await hashParcel(path, 'refuse');
    blocks = parseComment(found.framing.comment);
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    // Only what was read and is wrong goes: a read that fails may pass the next time.
    if (error.code.startsWith('framing.')) rmSync(path, { force: true });
    throw new FerrymanError('store.missing', `expected the stored parcel: ${error.message}`, {
      cause: error,
    });
  }
  if (found.digest !== digest) {
    rmSync(path, { force: true });
    throw new FerrymanError(
      'store.missing',
      `${path}: expected digest ${digest.slice(0, 16)}, found ${found.digest.slice(0, 16)}: the stored copy is damaged`,
    );
  }
  const proof = verify({ digest, blocks }, trust);
  return { path, framing: found.framing, proof };
}

/**
 * Adds another copy of a known update: it restores a missing one, or brings signatures.
 *
 * @returns the key ids that now vouch for the update
 */
export async function addCopy(
  layout: Layout,
  parcel: StoredParcel,
  proof: VerifiedParcel,
  trust: Trust,
): Promise<readonly string[]> {
  const stored = await tryOpen(layout, parcel.digest, trust);
  if (!stored) {
    putUpdate(layout, parcel);
    return proof.signers;
  }
  // Signatures by keys that are not trusted here stay: others may trust them.
  const kept = parseComment(stored.framing.comment);
  const blocks = mergeBlocks(kept, proof.blocks);
  if (blocks.length > kept.length) await replaceComment(stored.path, stored.framing, formatComment(blocks));
  rmSync(parcel.path, { force: true });
  return mergeBlocks(stored.proof.blocks, proof.blocks).map((block) => block.keyId);
}

async function tryOpen(layout: Layout, digest: string, trust: Trust): Promise<VerifiedFile | undefined> {
  try {
    return await openUpdate(layout, digest, trust);
  } catch (error) {
    if (error instanceof FerrymanError) return undefined; // whatever is wrong with it, the new copy is right
    throw error;
  }
}

async function replaceComment(path: string, framing: Framing, comment: Buffer): Promise<void> {
  const signedBytes = framing.size - framing.comment.length - 2;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(comment.length);
  const part = partPath(path);
  const from = openRegularFile(path, 'refuse');
  const to = openSync(
    part,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o400,
  );
  try {
    let left = signedBytes;
    for await (const chunk of fileChunks(from)) {
      writeAll(to, chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
    }
    writeAll(to, Buffer.concat([length, comment]));
    syncWhole(to, signedBytes + 2 + comment.length);
    renameSync(part, path);
  } finally {
    closeSync(from);
    closeSync(to);
    rmSync(part, { force: true });
  }
  syncFolder(dirname(path));
}
