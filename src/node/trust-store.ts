/** The office keys that this node believes: every `.pub` file in the keys folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FerrymanError } from '../errors.ts';
import { parsePublicKey } from '../parcel/public-key.ts';
import { checkTrust, type Trust } from '../verify/verify.ts';
import type { Layout } from './layout.ts';

/**
 * Reads all keys. One that cannot be read or is not fit makes everything refused: a node must not go on with part of
 * its trust.
 *
 * @throws FerrymanError `trust.unreadable`, `trust.no-keys`, `trust.threshold`, `trust.duplicate`
 */
export function loadTrust(layout: Layout, threshold: number): Trust {
  const trust = { threshold, keys: keyFiles(layout).map((file) => readKey(file)) };
  checkTrust(trust);
  return trust;
}

function keyFiles({ keys }: Layout): string[] {
  try {
    return readdirSync(keys)
      .filter((name) => name.endsWith('.pub'))
      .toSorted()
      .map((name) => join(keys, name));
  } catch (error) {
    throw new FerrymanError(
      'trust.unreadable',
      `${keys}: expected a folder of office keys: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/**
 * The files that hold the trusted keys, by key id. For telling who signed, not for judging: what cannot be read is left out.
 */
export function keyNames(layout: Layout): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  try {
    for (const file of keyFiles(layout)) names.set(readKey(file).keyId, basename(file));
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
  }
  return names;
}

function readKey(file: string): Trust['keys'][number] {
  try {
    return parsePublicKey(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new FerrymanError('trust.unreadable', `${file}: ${(error as Error).message}`, { cause: error });
  }
}
