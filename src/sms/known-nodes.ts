/** Which nodes may have written a text: those of whom this proxy holds an archive of logs, by the enrolment that stands in it. */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { FerrymanError, isSystemError } from '../errors.ts';
import { findFraming, tailBytes } from '../parcel/framing.ts';
import { isIncarnation, parseLogFileName } from '../parcel/log-file-name.ts';
import { isGuid } from '../parcel/recipients.ts';
import { contains } from '../parcel/sequence-sets.ts';
import { parseComment } from '../parcel/signature-block.ts';
import { verifyEnrolment, type NodeTrust, type ProvenEnrolment } from '../verify/enrolled.ts';

/** Nodes with one beginning that are looked at: more than chance ever makes. */
const maxNodes = 8;
/** Of one node: it was set up anew that often. */
const maxIncarnations = 16;

/**
 * The enrolments of nodes whose GUID begins so, as far as they count by the keys and the roster of now.
 *
 * @param store of the proxy: `<origin>/<incarnation>/<sequence>.<class>.zip`
 */
export function* nodesBeginning(
  beginning: string,
  store: string,
  { trust, revoked, proven }: NodeTrust,
): Generator<ProvenEnrolment> {
  const nodes = namesIn(store).filter((name) => isGuid(name) && name.startsWith(beginning));
  for (const node of nodes.slice(0, maxNodes))
    for (const incarnation of namesIn(join(store, node)).filter(isIncarnation).slice(0, maxIncarnations)) {
      const line = newestEnrolment(join(store, node, incarnation));
      if (line === undefined) continue;
      try {
        const enrolment = proven ? proven.verify(line, trust) : verifyEnrolment(line, trust);
        if (enrolment.node === node && !contains(revoked, enrolment.serial)) yield enrolment;
      } catch (error) {
        if (!(error instanceof FerrymanError)) throw error; // the office has other keys by now: no word of that node counts
      }
    }
}

/** The line in the newest archive of an incarnation; `undefined`: there is none, or it is damaged. */
function newestEnrolment(folder: string): string | undefined {
  const newest = namesIn(folder)
    .filter((name) => sequenceOf(name) > 0)
    .reduce((best, name) => (sequenceOf(name) > sequenceOf(best) ? name : best), '');
  if (newest === '') return undefined;
  try {
    const { tail, size } = readTail(join(folder, newest));
    return parseComment(findFraming(tail, size).comment)[0]?.trustedComment;
  } catch (error) {
    if (error instanceof FerrymanError || isSystemError(error)) return undefined;
    throw error;
  }
}

function sequenceOf(name: string): number {
  return parseLogFileName(name)?.sequence ?? 0;
}

function readTail(path: string): { readonly tail: Buffer; readonly size: number } {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const tail = Buffer.alloc(Math.min(size, tailBytes));
    const count = readSync(fd, tail, 0, tail.length, size - tail.length);
    return { tail: tail.subarray(0, count), size };
  } finally {
    closeSync(fd);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
