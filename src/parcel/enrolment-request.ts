/**
 * What a node asks the office to sign: its identity and its ssh keys, in one line that it has signed itself.
 *
 *   ferryman-request {"format":…} <base64 of ED ‖ key id ‖ signature>⏎
 *
 * Reads and writes; src/verify/enrolment-request.ts checks that the node holds the key. Spec: docs/format.md §12.
 */
import { FerrymanError } from '../errors.ts';
import { formatName, parseDocument, spellInLine, takeGuid, takeTimestamp } from './canonical-document.ts';
import type { DocumentKind } from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import { takeIdentity } from './enrolment.ts';
import { pack, type PublicKey } from './public-key.ts';
import { roles, type Role } from './recipients.ts';
import type { SecretKey } from './secret-key.ts';
import { formatKeyedSignature, parseKeyedSignature, type KeyedSignature } from './signature-block.ts';
import { inCode, signDocument, wordsOf } from './signed-document.ts';

const requestWord = 'ferryman-request';

export interface EnrolmentRequest {
  /** GUID. */
  readonly node: string;
  readonly role: Role;
  readonly identity: PublicKey;
  /** The ssh-ed25519 key by which the node calls, as it stands in a `.pub` file of OpenSSH between type and comment: 68 characters of base64. */
  readonly ssh: string;
  /** The ssh-ed25519 key of the node as a host, spelled likewise; who may read the one may not read the other. */
  readonly host: string;
  /** By the node's clock, which may be wrong. */
  readonly created: string;
}

/** A request as it stands in its line; nothing in it is verified. */
export interface RequestLine {
  readonly request: EnrolmentRequest;
  /** What the signature is over. */
  readonly document: string;
  readonly signature: KeyedSignature;
}

const requestDocument: DocumentKind<EnrolmentRequest> = {
  name: 'enrolment request',
  malformed: 'enrolment.malformed',
  read: readRequest,
  spell: (request) => [formatRequest(request)],
};

/** Reads the line; a line feed at its end is left out. @throws FerrymanError `enrolment.malformed` */
export function parseRequestLine(text: string): RequestLine {
  const line = text.replace(/\n$/, '');
  const [document, word, ...rest] = wordsOf(line, requestWord, 'enrolment.malformed');
  if (rest.length > 0)
    throw new FerrymanError(
      'enrolment.malformed',
      `enrolment request: expected one signature, found ${1 + rest.length}`,
    );
  return {
    request: parseDocument(Buffer.from(document), requestDocument),
    document,
    signature: inCode('enrolment.malformed', () => parseKeyedSignature(word)),
  };
}

function readRequest(object: ClosedObject): EnrolmentRequest {
  object.oneOf('format', [formatName]);
  object.oneOf('kind', ['enrolment-request']);
  const request: EnrolmentRequest = {
    node: takeGuid(object, 'node'),
    role: object.oneOf('role', roles),
    identity: takeIdentity(object),
    ssh: takeSshKey(object, 'ssh'),
    host: takeSshKey(object, 'host'),
    created: takeTimestamp(object, 'created'),
  };
  object.end();
  return request;
}

/** RFC 8709: the lengths and the name stand before the 32 bytes of the key. */
const sshKeyHeader = Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1');

function takeSshKey(object: ClosedObject, name: string): string {
  const text = object.string(name);
  const packed = Buffer.from(text, 'base64');
  const isKey =
    packed.length === sshKeyHeader.length + 32 &&
    packed.subarray(0, sshKeyHeader.length).equals(sshKeyHeader) &&
    packed.toString('base64') === text;
  if (!isKey) throw object.refuse(name, 'an ssh-ed25519 key in base64, without type and comment', text);
  return text;
}

/** The document: what is signed. */
function formatRequest({ node, role, identity, ssh, host, created }: EnrolmentRequest): string {
  return spellInLine({
    format: formatName,
    kind: 'enrolment-request',
    node,
    role,
    identity: pack(identity).toString('base64'),
    ssh,
    host,
    created,
  });
}

/** The line, ended by a line feed. @param key the secret half of `identity` */
export function signRequest(request: EnrolmentRequest, key: SecretKey): string {
  const document = formatRequest(request);
  return `${requestWord} ${document} ${formatKeyedSignature(signDocument(document, key))}\n`;
}
