/**
 * Tells without the curve, which takes long to load, whether the office keys are still those that the daemon has found in order: it
 * notes their mark in the ledger.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readUnjudgedKey } from '../parcel/public-key.ts';
import { markOf } from '../verify/trust.ts';
import { publicKeySuffix, type Layout } from './layout.ts';

/**
 * The mark of the keys as they stand in their folder, none of them judged. Nothing is to be verified with these.
 *
 * @returns as `markOf`; `undefined` when a key cannot be read
 */
export function markAsItStands({ keys }: Layout, threshold: number): string | undefined {
  try {
    const files = readdirSync(keys).filter((name) => name.endsWith(publicKeySuffix));
    const unjudged = files.map((name) => readUnjudgedKey(readFileSync(join(keys, name), 'utf8')));
    return markOf({ keys: unjudged, threshold });
  } catch {
    return undefined; // whoever loads the trust finds the words for it
  }
}
