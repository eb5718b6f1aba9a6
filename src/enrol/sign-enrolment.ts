/** In the office: from a request to an enrolment, its certificates, and the bundle that goes to the node. */
import { FerrymanError } from '../errors.ts';
import { cosignEnrolment, parseEnrolmentLine, signEnrolment, type Enrolment } from '../parcel/enrolment.ts';
import { formatBundleManifest } from '../parcel/enrolment-bundle.ts';
import type { EnrolmentRequest } from '../parcel/enrolment-request.ts';
import { hashParcel, joinComment } from '../parcel/framing.ts';
import { listed, packedFile, packManifest } from '../parcel/pack.ts';
import { pack } from '../parcel/public-key.ts';
import type { Role } from '../parcel/recipients.ts';
import { signDigest, type SecretKey } from '../parcel/secret-key.ts';
import { formatComment } from '../parcel/signature-block.ts';
import type { Application } from './application.ts';
import { caKeyLine, certify, registered, takeSerial, type Registered } from './office-ca.ts';

/** What the office decides; everything else stands in the request. */
export interface Terms {
  readonly role: Role;
  /** Left out: the next of the register. */
  readonly serial: number | undefined;
  readonly created: string;
}

/** Enrolments that the node had before, newest first. */
export function earlierOf(ca: string, node: string): Registered[] {
  return registered(ca)
    .filter((one) => one.node === node)
    .toReversed();
}

/** A GUID that comes back with another key was set up anew, or is somebody else. @throws FerrymanError `enrol.known-node` */
export function checkKnown(earlier: readonly Registered[], request: EnrolmentRequest, again: boolean): void {
  const other = earlier.find(({ identity }) => identity !== identityOf(request));
  if (!other || again) return;
  const serials = earlier.map(({ serial }) => serial).join(' ');
  throw new FerrymanError(
    'enrol.known-node',
    `node ${request.node}: expected the key that was enrolled under serial ${other.serial}, found another; its serials: ${serials}`,
  );
}

function identityOf({ identity }: Pick<EnrolmentRequest, 'identity'>): string {
  return pack(identity).toString('base64');
}

/**
 * Takes a serial and signs a new enrolment with the first key; the others cosign it.
 *
 * @throws FerrymanError `enrol.*`, `sign.too-many`
 */
export function newEnrolment(
  ca: string,
  request: EnrolmentRequest,
  { role, serial: wanted, created }: Terms,
  keys: readonly [SecretKey, ...SecretKey[]],
): string {
  const { node, identity } = request;
  const serial = takeSerial(ca, { node, role, identity: identityOf(request), created }, wanted);
  const [first, ...others] = keys;
  const line = signEnrolment({ node, role, serial, identity, created }, first);
  return others.reduce(cosignEnrolment, line);
}

/** The line with the signatures of those keys that are not on it. @throws FerrymanError `sign.too-many` */
export function addSignatures(line: string, keys: readonly SecretKey[]): string {
  const { signatures } = parseEnrolmentLine(line);
  const signed = new Set(signatures.map(({ keyId }) => keyId));
  return keys.filter(({ keyId }) => !signed.has(keyId)).reduce(cosignEnrolment, line);
}

/** A draft comes from outside: its serial must be the one that this register gave. @throws FerrymanError `enrol.serial-used` */
export function checkRegistered(ca: string, { node, serial, identity }: Enrolment): void {
  const entry = registered(ca).find((one) => one.serial === serial);
  if (entry?.node === node && entry.identity === identityOf({ identity })) return;
  throw new FerrymanError(
    'enrol.serial-used',
    `serial ${serial}: expected it to be given to ${node} in the register ${ca}, found ${entry ? `it given to ${entry.node}` : 'it given to nobody'}`,
  );
}

/**
 * The bundle, signed by all keys: more can be added by `sign-update cosign`.
 *
 * @param enrolment a line that is final: no signature can be added to it inside a bundle
 * @throws FerrymanError `ssh.*`
 */
export async function makeBundle(
  ca: string,
  { request }: Pick<Application, 'request'>,
  enrolment: string,
  keys: readonly SecretKey[],
): Promise<Buffer> {
  const { node, role, serial, created } = parseEnrolmentLine(enrolment).enrolment;
  const certificates = await certify(ca, { node, role, serial, userKey: request.ssh, hostKey: request.host });
  const files = [
    packedFile('ca.pub', Buffer.from(`${caKeyLine(ca)}\n`)),
    packedFile('enrolment.txt', Buffer.from(`${enrolment}\n`)),
    packedFile('host-cert.pub', Buffer.from(certificates.host)),
    packedFile('user-cert.pub', Buffer.from(certificates.user)),
  ];
  const manifest = formatBundleManifest({ node, role, serial, created, files: listed(files) });
  const unsigned = packManifest(manifest, files);
  const { digest } = hashParcel(unsigned);
  const comment = `ferryman enrolment ${serial} ${node}`;
  return joinComment(unsigned, formatComment(keys.map((key) => signDigest(digest, key, comment))));
}
