import { counted } from '../command-line/counted.ts';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { registered, type Registered } from '../enrol/office-ca.ts';
import { addNodes } from '../fleet/ingest/add-nodes.ts';
import { isGuid, isRole } from '../parcel/recipients.ts';
import { isTimestamp } from '../parcel/timestamp.ts';
import { atFleetOrNew } from './fleet-desk.ts';
import { json } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [folder = ''] = input.args;
  const entries = registered(folder);
  const newest = newestOf(entries);
  const unreadable = entries.filter(({ node }) => node === '').length;
  const { added } = await atFleetOrNew(input, io, ({ store, nowMs }) => addNodes(store, newest, nowMs));
  const done = { nodes: newest.length, added, unreadable };
  if (flag(input, 'json')) json(io, { schema: 'ferryman.fleet-import/1', folder, ...done });
  else {
    const left = unreadable === 0 ? '' : `; ${unreadable} cannot be read`;
    io.out(`${counted(newest.length, 'node')} in the register, ${added} new to the fleet${left}\n`);
  }
  return 0;
}

interface Enrolled {
  readonly guid: string;
  readonly role: string;
  readonly serial: number;
  readonly enrolledAtMs?: number;
}

/** A node that was enrolled anew counts by its highest serial. */
function newestOf(entries: readonly Registered[]): Enrolled[] {
  const byNode = new Map<string, Enrolled>();
  for (const { node, role, serial, created } of entries.toSorted((a, b) => a.serial - b.serial))
    if (isGuid(node) && isRole(role))
      byNode.set(node, {
        guid: node,
        role,
        serial,
        ...(isTimestamp(created) ? { enrolledAtMs: Date.parse(created) } : {}),
      });
  return [...byNode.values()];
}
