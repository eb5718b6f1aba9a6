/** Enrolled nodes for tests, and the parcels that they sign. */
import { cosignEnrolment, signEnrolment, type Enrolment } from '../../src/parcel/enrolment.ts';
import type { Acknowledgement } from '../../src/parcel/acknowledgement.ts';
import type { LogManifest } from '../../src/parcel/log-archive.ts';
import { packAck, packedFile, packLog, type NodeSigner } from '../../src/parcel/pack.ts';
import type { Role } from '../../src/parcel/recipients.ts';
import type { Roster } from '../../src/parcel/roster.ts';
import { publicKeyOf, type SecretKey } from '../../src/parcel/secret-key.ts';
import { fixedKey, officeKey } from '../../fixtures/kit/keys.ts';
import { defaultCreated } from './office.ts';

export const incarnation = '0123456789abcdef';

/** GUID of the n-th node. */
export function guidOf(n: number): string {
  return `0a1b2c3d-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

export interface EnrolledNode extends NodeSigner {
  readonly guid: string;
  readonly role: Role;
}

/** The n-th node, with a key of its own and the serial n, enrolled by the office. */
export function enrolledNode(
  n: number,
  role: Role,
  changes: Partial<Enrolment> = {},
  offices: readonly SecretKey[] = [officeKey],
): EnrolledNode {
  const key = fixedKey(n);
  const enrolment: Enrolment = {
    node: guidOf(n),
    role,
    serial: n,
    identity: publicKeyOf(key),
    created: defaultCreated,
    ...changes,
  };
  const [first = officeKey, ...others] = offices;
  const line = others.reduce(cosignEnrolment, signEnrolment(enrolment, first));
  return { guid: enrolment.node, role: enrolment.role, key, enrolment: line };
}

export function draftLog(origin: string, draft: Partial<LogManifest> = {}): Omit<LogManifest, 'files'> {
  return {
    origin,
    incarnation,
    sequence: 1,
    class: 'long',
    created: defaultCreated,
    full: true,
    voids: [],
    ...draft,
  };
}

/** The whole parcel. @param files path to contents */
export function signedLog(
  node: EnrolledNode,
  draft: Partial<LogManifest> = {},
  files: Readonly<Record<string, string | Buffer>> = { 'ledger.jsonl': '{}\n' },
): Buffer {
  const packed = Object.entries(files).map(([path, contents]) => packedFile(path, Buffer.from(contents)));
  return packLog(draftLog(node.guid, draft), packed, node);
}

export function draftAck(proxy: string, draft: Partial<Acknowledgement> = {}): Acknowledgement {
  return {
    proxy,
    epoch: 'fedcba9876543210',
    number: 1,
    shard: 0,
    created: defaultCreated,
    origins: [],
    ...draft,
  };
}

/** The whole parcel. */
export function signedAck(node: EnrolledNode, draft: Partial<Acknowledgement> = {}): Buffer {
  return packAck(draftAck(node.guid, draft), node);
}

export function draftRoster(draft: Partial<Roster> = {}): Roster {
  return { number: 1, created: defaultCreated, revoked: [], closed: [], ...draft };
}
