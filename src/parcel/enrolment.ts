/**
 * Enrolments: the office's word on who a node is, in one line that fits into a trusted comment.
 *
 *   ferryman-enrolment {"format":…} <base64 of ED ‖ key id ‖ signature> …
 *
 * Reads and writes; what it says is proven by src/verify/enrolled.ts. Spec: docs/format.md §12.
 */
import { FerrymanError } from '../errors.ts';
import { formatName, parseDocument, spellInLine, takeGuid, takeTimestamp } from './canonical-document.ts';
import type { DocumentKind } from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import { maxEnrolmentSignatures } from './limits.ts';
import { pack, unpack, type PublicKey } from './public-key.ts';
import { roles, type Role } from './recipients.ts';
import type { SecretKey } from './secret-key.ts';
import { formatKeyedSignature, parseKeyedSignature, type KeyedSignature } from './signature-block.ts';
import { inCode, signDocument, wordsOf } from './signed-document.ts';

/** The first word of the line. */
export const enrolmentWord = 'ferryman-enrolment';

export interface Enrolment {
  /** GUID. */
  readonly node: string;
  readonly role: Role;
  /** Of this enrolment, 1 to 2^53 - 1: never used again by the office, whatever the node. What rosters revoke. */
  readonly serial: number;
  /** What the node signs with. */
  readonly identity: PublicKey;
  /** RFC 3339 in UTC, whole seconds. */
  readonly created: string;
}

/** An enrolment as it stands in its line; nothing in it is verified. */
export interface EnrolmentLine {
  readonly enrolment: Enrolment;
  /** What the signatures are over. */
  readonly document: string;
  /** Sorted by key id, one per key. */
  readonly signatures: readonly KeyedSignature[];
}

const enrolmentDocument: DocumentKind<Enrolment> = {
  name: 'enrolment',
  malformed: 'enrolment.malformed',
  read: readEnrolment,
  spell: (enrolment) => [formatEnrolment(enrolment)],
};

/** Reads the line, without a line feed. @throws FerrymanError `enrolment.malformed` */
export function parseEnrolmentLine(line: string): EnrolmentLine {
  const [document, ...words] = wordsOf(line, enrolmentWord, 'enrolment.malformed');
  if (words.length > maxEnrolmentSignatures)
    throw malformed(`expected 1 to ${maxEnrolmentSignatures} signatures, found ${words.length}`);
  const enrolment = parseDocument(Buffer.from(document), enrolmentDocument);
  const signatures = inCode('enrolment.malformed', () => words.map(parseKeyedSignature));
  for (const [index, { keyId }] of signatures.entries()) {
    const previous = signatures[index - 1];
    if (previous && previous.keyId >= keyId)
      throw malformed(
        `expected signatures sorted by key id, one per key; found ${keyId} after ${previous.keyId}`,
      );
  }
  return { enrolment, document, signatures };
}

function readEnrolment(object: ClosedObject): Enrolment {
  object.oneOf('format', [formatName]);
  object.oneOf('kind', ['enrolment']);
  const enrolment: Enrolment = {
    node: takeGuid(object, 'node'),
    role: object.oneOf('role', roles),
    serial: object.integer('serial', 1, Number.MAX_SAFE_INTEGER),
    identity: takeIdentity(object),
    created: takeTimestamp(object, 'created'),
  };
  object.end();
  return enrolment;
}

/** Whether the key is fit for anything is judged when the office signs: `fit-key.ts`. */
export function takeIdentity(object: ClosedObject): PublicKey {
  const text = object.string('identity');
  const key = unpack(Buffer.from(text, 'base64'));
  // The spelling is compared with the rest of the document.
  if (!key) throw object.refuse('identity', "a minisign public key's 42 bytes in base64", text);
  return key;
}

/** The document: what is signed. */
export function formatEnrolment({ node, role, serial, identity, created }: Enrolment): string {
  return spellInLine({
    format: formatName,
    kind: 'enrolment',
    node,
    role,
    serial,
    identity: pack(identity).toString('base64'),
    created,
  });
}

/** The line, without a line feed. */
export function formatEnrolmentLine(enrolment: Enrolment, signatures: readonly KeyedSignature[]): string {
  const sorted = signatures.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1));
  return [enrolmentWord, formatEnrolment(enrolment), ...sorted.map(formatKeyedSignature)].join(' ');
}

/** The line of a new enrolment, signed by one key of the office. */
export function signEnrolment(enrolment: Enrolment, key: SecretKey): string {
  return formatEnrolmentLine(enrolment, [signDocument(formatEnrolment(enrolment), key)]);
}

/** The line with one more signature. @throws FerrymanError `enrolment.malformed`, `sign.already-signed`, `sign.too-many` */
export function cosignEnrolment(line: string, key: SecretKey): string {
  const { enrolment, document, signatures } = parseEnrolmentLine(line);
  if (signatures.some(({ keyId }) => keyId === key.keyId))
    throw new FerrymanError('sign.already-signed', `expected no signature by key ${key.keyId}, found one`);
  if (signatures.length === maxEnrolmentSignatures)
    throw new FerrymanError(
      'sign.too-many',
      `expected fewer than ${maxEnrolmentSignatures} signatures on an enrolment, found ${signatures.length}`,
    );
  return formatEnrolmentLine(enrolment, [...signatures, signDocument(document, key)]);
}

function malformed(message: string): FerrymanError {
  return new FerrymanError('enrolment.malformed', `enrolment: ${message}`);
}
