/**
 * Archives that wait here under an enrolment which the office has revoked: no next hop takes them, and as long as they stand here the same archive,
 * signed anew by its origin, is not fetched. Only the end of each is read.
 */
import { closeSync } from 'node:fs';
import { FileSource, openRegularFile } from '../../durable/file-source.ts';
import { FerrymanError } from '../../errors.ts';
import { parseEnrolmentLine } from '../../parcel/enrolment.ts';
import { findFraming, tailBytes } from '../../parcel/framing.ts';
import { contains } from '../../parcel/sequence-sets.ts';
import type { SequenceRange } from '../../parcel/sequences.ts';
import { parseComment } from '../../parcel/signature-block.ts';
import type { Archive } from '../decide/archive.ts';
import type { Pool } from './pool.ts';
import { listArchives } from './scan.ts';

/** @param own GUID of this node, which signs its own anew. @returns what was removed */
export async function dropRevoked(
  pool: Pool,
  own: string,
  revoked: readonly SequenceRange[],
): Promise<Archive[]> {
  const gone: Archive[] = [];
  if (revoked.length === 0) return gone;
  for await (const { archive } of listArchives(pool.folder)) {
    if (archive.origin === own) continue;
    const serial = serialIn(pool.pathOf(archive));
    if (serial === undefined || !contains(revoked, serial)) continue;
    pool.remove(archive);
    gone.push(archive);
  }
  return gone;
}

/** `undefined`: it is not as it came, which whoever fetches it finds. */
function serialIn(path: string): number | undefined {
  try {
    const fd = openRegularFile(path, 'refuse');
    try {
      const file = new FileSource(fd);
      const length = Math.min(file.size, tailBytes);
      const { comment } = findFraming(file.read(file.size - length, length), file.size);
      return parseEnrolmentLine(parseComment(comment)[0]?.trustedComment ?? '').enrolment.serial;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof FerrymanError) return undefined;
    throw error;
  }
}
