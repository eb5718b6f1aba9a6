/** Reads the key files that are named on the command line. */
import { readFileSync } from 'node:fs';
import type { Io } from '../../src/command-line/io.ts';
import { about, FerrymanError } from '../../src/errors.ts';
import { parsePublicKey } from '../../src/parcel/fit-key.ts';
import type { PublicKey } from '../../src/parcel/public-key.ts';
import { parseSecretKey, type SecretKey } from '../../src/parcel/secret-key.ts';
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

/** @throws FerrymanError `source.missing`, `key.*` */
export function readPublicKey(file: string): PublicKey {
  try {
    return parsePublicKey(readFileSync(file, 'utf8'));
  } catch (error) {
    throw error instanceof FerrymanError ? about(file, error) : error;
  }
}
