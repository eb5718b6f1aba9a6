/** On the node: what it asks the office to sign. */
import type { Layout } from '../node/layout.ts';
import { signRequest } from '../parcel/enrolment-request.ts';
import type { Role } from '../parcel/recipients.ts';
import { publicKeyOf } from '../parcel/secret-key.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import { ensureNodeKeys } from './node-keys.ts';
import { readIdentity } from './own-node.ts';
import { enrolmentPlaces } from './places.ts';

/**
 * Makes the node's ssh keys where there are none, and the line.
 *
 * @throws FerrymanError `source.missing`, `key.*`, `ssh.*`
 */
export async function makeRequest(
  layout: Layout,
  node: { readonly guid: string; readonly role: Role },
  nowMs: number,
): Promise<string> {
  const identity = await readIdentity(layout);
  const { user, host } = await ensureNodeKeys(enrolmentPlaces(layout).sshKeys);
  const request = {
    node: node.guid,
    role: node.role,
    identity: publicKeyOf(identity),
    ssh: user,
    host,
    created: formatTimestamp(nowMs),
  };
  return signRequest(request, identity);
}
