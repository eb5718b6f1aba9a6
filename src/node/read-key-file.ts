/** Reads a public key from a file that somebody names, with that name in every error. */
import { closeSync, readSync } from 'node:fs';
import { openRegularFile } from '../durable/file-source.ts';
import { about, FerrymanError } from '../errors.ts';
import { parsePublicKey } from '../parcel/fit-key.ts';
import type { PublicKey } from '../parcel/public-key.ts';

/** Bytes: a key file has some hundred. */
const maxBytes = 4096;

/** The text of a key file, which may be anything: a pipe is not waited for, an endless device not read to its end. @throws FerrymanError `source.*` */
export function readKeyText(file: string): string {
  const fd = openRegularFile(file, 'follow');
  try {
    const bytes = Buffer.alloc(maxBytes);
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, maxBytes, 0));
  } finally {
    closeSync(fd);
  }
}

/** @throws FerrymanError `source.missing`, `key.malformed`, `key.weak` */
export function readKeyFile(file: string): PublicKey {
  let text;
  try {
    text = readKeyText(file);
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
