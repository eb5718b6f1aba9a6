/** Whether a bundle is for this node. What it holds was signed by the office; here is decided whether it fits. Pure. */
import { FerrymanError } from '../errors.ts';
import type { EnrolmentBundle } from '../parcel/enrolment-bundle.ts';
import { pack, type PublicKey } from '../parcel/public-key.ts';
import type { Role } from '../parcel/recipients.ts';
import type { SequenceRange } from '../parcel/sequences.ts';
import { checkRevoked, verifyEnrolment } from '../verify/enrolled.ts';
import type { Trust } from '../verify/trust.ts';
import type { NodeSshKeys } from './node-keys.ts';
import { keyLine, parseCertificate, publicKeyIn, type SshCertificate } from './ssh-certificate.ts';
import { forcedCommand, principalsOf } from './ssh-texts.ts';

/** What the node knows of itself. */
export interface Self {
  readonly guid: string;
  readonly role: Role;
  readonly identity: PublicKey;
  readonly ssh: NodeSshKeys;
  readonly trust: Trust;
  readonly revoked: readonly SequenceRange[];
  /** Serial of the enrolment that is installed; 0: none. */
  readonly serial: number;
}

/** What a fitting bundle brings. */
export interface Fitting {
  readonly serial: number;
  /** Lines, each with a line feed. */
  readonly enrolment: string;
  readonly userCertificate: string;
  readonly hostCertificate: string;
  /** Type and base64. */
  readonly ca: string;
}

/** @throws FerrymanError `enrol.not-for-node`, `enrol.older`, `enrolment.*`, `ssh.malformed` */
export function judgeBundle(bundle: EnrolmentBundle, self: Self): Fitting {
  const enrolment = verifyEnrolment(bundle.enrolment, self.trust);
  const { node, role, serial, identity } = enrolment;
  expect('the node', self.guid, node);
  expect('the identity key', self.identity.keyId, identity.keyId);
  if (!pack(identity).equals(pack(self.identity))) throw otherKeys('identity key');
  expect('node.role in config.toml', self.role, role);
  checkRevoked(enrolment, self.revoked);
  if (serial < self.serial)
    throw new FerrymanError(
      'enrol.older',
      `expected an enrolment from serial ${self.serial}, which is installed, found ${serial}`,
    );
  const text = (name: 'ca.pub' | 'user-cert.pub' | 'host-cert.pub'): string =>
    bundle.files.get(name)?.toString('latin1') ?? '';
  const ca = publicKeyIn(text('ca.pub'), 'ca.pub');
  const user = parseCertificate(text('user-cert.pub'), 'user-cert.pub');
  const host = parseCertificate(text('host-cert.pub'), 'host-cert.pub');
  checkCertificate(user, {
    kind: 'user',
    serial,
    ca,
    key: self.ssh.user,
    principals: principalsOf(node, role),
  });
  checkCertificate(host, { kind: 'host', serial, ca, key: self.ssh.host, principals: [node] });
  expect('the command of the certificate', forcedCommand(node, role), user.command ?? 'none');
  return {
    serial,
    enrolment: `${bundle.enrolment}\n`,
    userCertificate: text('user-cert.pub'),
    hostCertificate: text('host-cert.pub'),
    ca: keyLine(ca),
  };
}

interface Expected {
  readonly kind: SshCertificate['kind'];
  readonly serial: number;
  readonly ca: string;
  readonly key: string;
  readonly principals: readonly string[];
}

function checkCertificate(found: SshCertificate, expected: Expected): void {
  const name = `${expected.kind} certificate`;
  expect(`the kind of the ${name}`, expected.kind, found.kind);
  if (found.key !== expected.key) throw otherKeys(`ssh key of the ${name}`);
  if (found.ca !== expected.ca) throw otherKeys(`CA of the ${name}`);
  expect(`the serial of the ${name}`, expected.serial, found.serial);
  expect(`the principals of the ${name}`, expected.principals.join(','), found.principals.join(','));
  expect(`the validity of the ${name}`, 'for ever', found.isForEver ? 'for ever' : 'a time');
}

function expect(what: string, expected: string | number, found: string | number): void {
  if (expected !== found)
    throw new FerrymanError('enrol.not-for-node', `${what}: expected ${expected}, found ${found}`);
}

/** Keys are long, and no two that differ tell a person anything. */
function otherKeys(what: string): FerrymanError {
  return new FerrymanError('enrol.not-for-node', `the ${what}: expected the one of this node, found another`);
}
