/** Reads the key files that are named on the command line. */
import { readFileSync } from 'node:fs';
import type { Io } from './io.ts';
import { about, FerrymanError } from '../errors.ts';
import { parsePublicKey } from '../parcel/fit-key.ts';
import type { PublicKey } from '../parcel/public-key.ts';
import { parseSecretKey, type SecretKey } from '../parcel/secret-key.ts';
import { usageError } from './values.ts';
import { readPassphrase } from './passphrase.ts';

/** @throws FerrymanError `source.missing`, `key.*` */
export async function readSecretKey(
  file: string,
  passphraseFile: string | undefined,
  io: Io,
): Promise<SecretKey> {
  try {
    return await parseSecretKey(readFileSync(file, 'utf8'), () =>
      readPassphrase(passphraseFile, `passphrase of ${file}`, io),
    );
  } catch (error) {
    throw error instanceof FerrymanError ? about(file, error) : error;
  }
}

/** Several keys, one after the other; at least one. @throws FerrymanError `usage.invalid`, `source.missing`, `key.*` */
export async function readSecretKeys(
  files: readonly string[],
  passphraseFile: string | undefined,
  io: Io,
): Promise<[SecretKey, ...SecretKey[]]> {
  const keys: SecretKey[] = [];
  for (const file of files) keys.push(await readSecretKey(file, passphraseFile, io));
  const [first, ...others] = keys;
  if (!first) throw usageError('--key: expected a key of the office, found none');
  return [first, ...others];
}

/** @throws FerrymanError `source.missing`, `key.*` */
export function readPublicKey(file: string): PublicKey {
  try {
    return parsePublicKey(readFileSync(file, 'utf8'));
  } catch (error) {
    throw error instanceof FerrymanError ? about(file, error) : error;
  }
}
