/** The newest roster: offered to neighbours, believed here, and given on to whoever keeps ssh's list of revoked certificates. */
import { existsSync, readFileSync } from 'node:fs';
import { writeDurably } from '../durable/write-file.ts';
import type { FerrymanError } from '../errors.ts';
import { bufferSource } from '../parcel/buffer-source.ts';
import { hashParcel } from '../parcel/framing.ts';
import { isNewerRoster, openRoster, type Roster } from '../parcel/roster.ts';
import { parseComment } from '../parcel/signature-block.ts';
import type { Trust } from '../verify/trust.ts';
import { verify } from '../verify/verify.ts';

export interface ProvenRoster extends Roster {
  readonly digest: string;
}

/** @throws FerrymanError `framing.*`, `signature.*`, `verify.*`, `trust.*`, `zip.*`, `manifest.*` */
export async function proveRoster(bytes: Buffer, trust: Trust): Promise<ProvenRoster> {
  const { digest, framing } = hashParcel(bytes);
  verify({ digest, blocks: parseComment(framing.comment) }, trust);
  return { ...(await openRoster(bufferSource(bytes), framing.eocdOffset)), digest };
}

/** The roster in a file. @returns `undefined`: there is none. @throws FerrymanError as {@link proveRoster} */
export async function readRoster(file: string, trust: Trust): Promise<ProvenRoster | undefined> {
  return existsSync(file) ? proveRoster(readFileSync(file), trust) : undefined;
}

/** True when the file is at fault, which may then go; false when this node is: no trusted keys, a bad disk. */
export function isSpoiled({ code, verdict }: FerrymanError): boolean {
  return verdict === 'reject' || code.startsWith('framing.');
}

/**
 * Keeps a roster when it is newer than the one that is here.
 *
 * @param before the one that is here
 * @param bytes of the whole parcel of `roster`
 * @returns false: it is not newer
 * @throws FerrymanError `roster.fork`
 */
export function keepRoster(
  file: string,
  before: ProvenRoster | undefined,
  { roster, bytes }: { readonly roster: ProvenRoster; readonly bytes: Buffer },
): boolean {
  if (!isNewerRoster(roster, before)) return false;
  writeDurably(file, bytes, { mode: 0o444, existing: 'replace' });
  return true;
}
