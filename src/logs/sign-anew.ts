/**
 * Own archives that still wait carry the enrolment under which they were signed. When the office has enrolled the node anew, and revokes the serial
 * before, nobody would take them: so they are signed anew. Their contents, and with them name and digest, stay as they are, so to everybody who
 * has seen them they are the same archives. Why so: docs/decisions/0013.
 */
import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { FerrymanError, isSystemError } from '../errors.ts';
import { FileSource, openRegularFile } from '../durable/file-source.ts';
import { writeDurably } from '../durable/write-file.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { findFraming, hashParcel, tailBytes, withoutComment } from '../parcel/framing.ts';
import { parseLogFileName } from '../parcel/log-file-name.ts';
import { signedByNode, type NodeSigner } from '../parcel/pack.ts';
import { parseComment } from '../parcel/signature-block.ts';
import { ownArchivePath, ownFolder, removeOwnArchive, type OwnPlace } from './own-archives.ts';

export interface SigningAnew {
  readonly place: OwnPlace;
  readonly ledger: Pick<Ledger, 'logArchives'>;
  readonly signer: NodeSigner;
}

/**
 * Signs anew what another enrolment has signed. Each is replaced by one rename, so a cut leaves it as it was, or done; harmless to repeat, and beside whoever
 * packs or delivers.
 *
 * @returns sequences that were signed anew
 * @throws system errors
 */
export function signAnew({ place, ledger, signer }: SigningAnew): number[] {
  const done: number[] = [];
  for (const name of namesIn(ownFolder(place))) {
    const named = parseLogFileName(name);
    const row = named && ledger.logArchives.find(named.sequence);
    if (!named || !row || row.digest === null) continue;
    const path = ownArchivePath(place, named);
    const bytes = row.state === 'stored' ? signOne(path, row.digest, signer) : undefined;
    if (bytes !== undefined) {
      ledger.logArchives.setBytes(named.sequence, bytes);
      done.push(named.sequence);
    }
    // Delivered or dropped meanwhile, by another process: what was just put back under its name is nobody's.
    const { state } = ledger.logArchives.find(named.sequence) ?? {};
    if (state === 'void' || state === 'delivered') removeOwnArchive(place, named);
  }
  return done;
}

/** @returns its size; `undefined`: it is signed as it should be, or is not what the ledger knows: that is for `why` and the proxy to tell */
function signOne(path: string, digest: string, signer: NodeSigner): number | undefined {
  try {
    if (enrolmentIn(path) === signer.enrolment) return undefined;
    const parcel = readFileSync(path);
    const hashed = hashParcel(parcel);
    if (hashed.digest !== digest) return undefined;
    const zip = withoutComment(parcel, hashed.framing);
    const signed = signedByNode(zip, signer);
    writeDurably(path, signed, { mode: 0o444, existing: 'replace' });
    return signed.length;
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || error instanceof FerrymanError) return undefined;
    throw error;
  }
}

/** The line of the enrolment in an archive's signature; only its end is read. */
function enrolmentIn(path: string): string | undefined {
  const fd = openRegularFile(path, 'refuse');
  try {
    const file = new FileSource(fd);
    const length = Math.min(file.size, tailBytes);
    const tail = file.read(file.size - length, length);
    return parseComment(findFraming(tail, file.size).comment)[0]?.trustedComment;
  } finally {
    closeSync(fd);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
