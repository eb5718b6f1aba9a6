/** An office and nodes that it has enrolled, in memory: for tests that need no hosts. */
import { signEnrolment } from '../../src/parcel/enrolment.ts';
import type { Role } from '../../src/parcel/recipients.ts';
import { publicKeyOf } from '../../src/parcel/secret-key.ts';
import type { NodeTrust } from '../../src/verify/enrolled.ts';
import { fixedKey, trusted } from '../kit/office.ts';
import type { NodeSigner } from '../net/archives.ts';

export const office = fixedKey(0xa1);

/** @param seed of its key; its GUID ends with it */
export function enrolledNode(seed: number, role: Role = 'kiosk', by = office): NodeSigner {
  const key = fixedKey(seed);
  const guid = `00000000-0000-4000-8000-0000000000${seed.toString(16).padStart(2, '0')}`;
  const line = signEnrolment(
    { node: guid, role, serial: seed, identity: publicKeyOf(key), created: '2026-11-01T00:00:00Z' },
    by,
  );
  return { guid, key, line };
}

export function nodeTrust(...revoked: number[]): NodeTrust {
  return {
    trust: { keys: trusted(office), threshold: 1 },
    revoked: revoked.map((serial) => ({ first: serial, last: serial })),
  };
}
