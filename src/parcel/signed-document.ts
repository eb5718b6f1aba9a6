/**
 * Documents that are signed where they stand, in one line: BLAKE2b-512 of the document is signed as a parcel's digest is, so that line two
 * of a `.minisig` of stock minisign is such a signature. Spec: docs/format.md §12.
 */
import { hash } from 'node:crypto';
import nacl from 'tweetnacl';
import type { ErrorCode } from '../errors.ts';
import { FerrymanError } from '../errors.ts';
import type { SecretKey } from './secret-key.ts';
import type { KeyedSignature } from './signature-block.ts';

/** What is signed: BLAKE2b-512 of the document, 128 hex digits. */
export function documentDigest(document: string): string {
  return hash('blake2b512', document);
}

export function signDocument(document: string, { keyId, bytes }: SecretKey): KeyedSignature {
  const digest = Buffer.from(documentDigest(document), 'hex');
  return { keyId, signature: Buffer.from(nacl.sign.detached(digest, bytes)) };
}

/**
 * The words of a line, which stand one space apart: a name that says what it is, and at least two more.
 *
 * @throws FerrymanError with `code`
 */
export function wordsOf(line: string, name: string, code: ErrorCode): [string, string, ...string[]] {
  if (!/^[\x20-\x7e]*$/.test(line))
    throw new FerrymanError(code, `expected one line of printable ASCII, found other bytes`);
  const [first, document, signature, ...rest] = line.split(' ');
  if (first !== name || document === undefined || signature === undefined)
    throw new FerrymanError(code, `expected "${name}", a document and a signature, found something else`);
  return [document, signature, ...rest];
}

/** A refusal of a reader inside, told in the code of the document. @throws FerrymanError with `code` */
export function inCode<Result>(code: ErrorCode, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    throw new FerrymanError(code, error.message, { cause: error });
  }
}
