/** The office keys that this node believes: every `.pub` file in the keys folder. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FerrymanError } from '../errors.ts';
import { parsePublicKey } from '../parcel/fit-key.ts';
import type { PublicKey } from '../parcel/public-key.ts';
import { checkTrust, type Trust } from '../verify/trust.ts';
import { publicKeySuffix as suffix, type Layout } from './layout.ts';
import { readKeyText } from './read-key-file.ts';

/** One file of the keys folder. */
export interface KeyFile {
  /** The file's name without `.pub`. */
  readonly name: string;
  readonly path: string;
  /** The key, or why there is none: the file cannot be read, or holds no fit key. */
  readonly key: PublicKey | FerrymanError;
}

/**
 * Reads all keys. One that cannot be read or is not fit makes everything refused: a node must not go on with part of
 * its trust.
 *
 * @throws FerrymanError `trust.unreadable`, `trust.no-keys`, `trust.threshold`, `trust.duplicate`
 */
export function loadTrust(layout: Layout, threshold: number): Trust {
  const keys = listKeyFiles(layout).map(({ key }) => {
    if (key instanceof FerrymanError) throw key;
    return key;
  });
  const trust = { threshold, keys };
  checkTrust(trust);
  return trust;
}

/** Every key file, sound or not, sorted by name. @throws FerrymanError `trust.unreadable`: the folder itself */
export function listKeyFiles({ keys }: Pick<Layout, 'keys'>): KeyFile[] {
  try {
    return readdirSync(keys)
      .filter((name) => name.endsWith(suffix))
      .toSorted()
      .map((name) => ({
        name: name.slice(0, -suffix.length),
        path: join(keys, name),
        key: readKey(keys, name),
      }));
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
  try {
    return new Map(
      listKeyFiles(layout).flatMap(({ path, key }) =>
        key instanceof FerrymanError ? [] : [[key.keyId, basename(path)] as const],
      ),
    );
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    return new Map();
  }
}

/** Where a key of that name stands. */
export function keyFilePath({ keys }: Layout, name: string): string {
  return join(keys, `${name}${suffix}`);
}

function readKey(folder: string, name: string): PublicKey | FerrymanError {
  const file = join(folder, name);
  try {
    return parsePublicKey(readKeyText(file));
  } catch (error) {
    return new FerrymanError('trust.unreadable', `${file}: ${(error as Error).message}`, { cause: error });
  }
}
