/** Reads a public key from a file that somebody names, with that name in every error. */
import { readFileSync } from 'node:fs';
import { about, FerrymanError } from '../errors.ts';
import { parsePublicKey } from '../parcel/fit-key.ts';
import type { PublicKey } from '../parcel/public-key.ts';

/** @throws FerrymanError `source.missing`, `key.malformed`, `key.weak` */
export function readKeyFile(file: string): PublicKey {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new FerrymanError(
      'source.missing',
      `${file}: expected a public key file: ${(error as Error).message}`,
      { cause: error },
    );
  }
  try {
    return parsePublicKey(text);
  } catch (error) {
    throw error instanceof FerrymanError ? about(file, error) : error;
  }
}
