/** Nodes that the office knows of before they are heard: from its register of enrolments, or a list of names and places. */
import { isGroupName, isGuid, isRole } from '../../parcel/recipients.ts';
import type { FleetStore, FleetTransaction } from '../store/open-store.ts';
import { spreadToNode } from './addressed.ts';
import { cleanText } from './clean-text.ts';
import { CountChanges } from './counts.ts';
import { knowNodes } from './know-nodes.ts';
import { setGroups } from './node-row.ts';

/** What is left out stays as it is. */
export interface KnownNode {
  readonly guid: string;
  readonly role?: string;
  /** Of an enrolment; an older one than is known says nothing of the role. */
  readonly serial?: number;
  readonly enrolledAtMs?: number;
  readonly name?: string;
  readonly place?: string;
  readonly note?: string;
  /** Until the node itself has told its own. */
  readonly groups?: readonly string[];
}

/** Characters of a name, place or note that are kept. */
const maxText = 500;

/** @throws FerrymanError `fleet.*`; RangeError where a GUID, role or group is none */
export function addNodes(
  store: FleetStore,
  nodes: readonly KnownNode[],
  nowMs: number,
): Promise<{ readonly added: number }> {
  for (const { guid, role, groups = [] } of nodes)
    if (!isGuid(guid) || (role !== undefined && !isRole(role)) || !groups.every(isGroupName))
      throw new RangeError(`expected a node with GUID, role and groups, found ${cleanText(guid, 80)}`);
  return store.alone(async (transaction) => {
    const counts = new CountChanges();
    const guids = nodes.map(({ guid }) => guid);
    const added = await knowNodes(transaction, guids, nowMs, counts);
    for (const node of nodes) {
      const isAddressedAnew = await change(transaction, node);
      if (isAddressedAnew) await spreadToNode(transaction, node.guid, counts);
    }
    await counts.write(transaction);
    return { added: added.length };
  });
}

async function change(transaction: FleetTransaction, node: KnownNode): Promise<boolean> {
  const { guid, role, serial, name, place, note, enrolledAtMs } = node;
  const row = await transaction
    .selectFrom('nodes')
    .select(['role', 'serial', 'groups', 'version'])
    .where('guid', '=', guid)
    .executeTakeFirstOrThrow();
  const isNewer = role !== undefined && (serial ?? 0) >= (row.serial ?? 0);
  const hasToldGroups = row.version !== null;
  const groups =
    node.groups === undefined || hasToldGroups
      ? row.groups
      : JSON.stringify([...new Set(node.groups)].toSorted());
  await transaction
    .updateTable('nodes')
    .set({
      groups,
      ...(isNewer ? { role, serial: serial ?? row.serial } : {}),
      ...(isNewer && enrolledAtMs !== undefined ? { enrolled_at: enrolledAtMs } : {}),
      ...(name === undefined ? {} : { name: cleanText(name, maxText) }),
      ...(place === undefined ? {} : { place: cleanText(place, maxText) }),
      ...(note === undefined ? {} : { note: cleanText(note, maxText) }),
    })
    .where('guid', '=', guid)
    .execute();
  if (groups !== row.groups) await setGroups(transaction, guid, JSON.parse(groups) as string[]);
  return groups !== row.groups || (isNewer && role !== row.role);
}
