/** Who this node is by the office's word, and what it signs with. What was installed is believed: it was proven then. */
import { readFileSync } from 'node:fs';
import { about, FerrymanError, isSystemError } from '../errors.ts';
import type { Layout } from '../node/layout.ts';
import { parseEnrolmentLine, type Enrolment } from '../parcel/enrolment.ts';
import type { Role } from '../parcel/recipients.ts';
import { parseSecretKey, publicKeyOf, type SecretKey } from '../parcel/secret-key.ts';
import { enrolmentPlaces } from './places.ts';

export interface OwnEnrolment {
  /** The line, without a line feed: what goes into trusted comments and pings. */
  readonly line: string;
  readonly enrolment: Enrolment;
}

/** `undefined`: the node is not enrolled. @throws FerrymanError `enrolment.malformed` */
export function readOwnEnrolment(layout: Layout): OwnEnrolment | undefined {
  const text = readIfThere(enrolmentPlaces(layout).enrolment);
  if (text === undefined) return undefined;
  const line = text.replace(/\n$/, '');
  return { line, enrolment: parseEnrolmentLine(line).enrolment };
}

export interface OwnNode {
  /** GUID. */
  readonly node: string;
  readonly role: Role;
  readonly serial: number;
  /** The line of the enrolment, without a line feed. */
  readonly line: string;
  /** What it signs with. */
  readonly identity: SecretKey;
}

/**
 * @param guid of this node, by its configuration
 * @returns `undefined`: the node is not enrolled
 * @throws FerrymanError `enrolment.*`: it is the enrolment of another; `key.*`, `source.missing`
 */
export async function readOwnNode(layout: Layout, guid: string): Promise<OwnNode | undefined> {
  const own = readOwnEnrolment(layout);
  if (!own) return undefined;
  const { node, role, serial, identity: enrolled } = own.enrolment;
  const { enrolment: file } = enrolmentPlaces(layout);
  if (node !== guid)
    throw new FerrymanError('enrolment.other-node', `${file}: expected node ${guid}, found ${node}`);
  const identity = await readIdentity(layout);
  if (!enrolled.bytes.equals(publicKeyOf(identity).bytes))
    throw new FerrymanError(
      'enrolment.other-key',
      `${file}: expected the key in ${layout.identityPublicKey}, ${identity.keyId}, found ${enrolled.keyId}`,
    );
  return { node, role, serial, line: own.line, identity };
}

/** The secret key of this node, which starts with nobody beside it. @throws FerrymanError `key.*`, `source.missing` */
export async function readIdentity({ identityKey }: Layout): Promise<SecretKey> {
  const text = readIfThere(identityKey);
  if (text === undefined)
    throw new FerrymanError(
      'source.missing',
      `${identityKey}: expected the secret key of this node, found none`,
    );
  try {
    return await parseSecretKey(text, refusePassphrase);
  } catch (error) {
    throw error instanceof FerrymanError ? about(identityKey, error) : error;
  }
}

function refusePassphrase(): never {
  throw new FerrymanError('key.passphrase', 'expected a key without a passphrase, found one with');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
