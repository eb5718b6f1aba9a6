/** The row of a node: who it is by its newest enrolment, when it was heard of, and what it has told of itself. */
import type { Enrolment } from '../../parcel/enrolment.ts';
import type { NodeFacts } from '../../parcel/node-facts.ts';
import type { FleetTransaction } from '../store/open-store.ts';
import { clockOffsetSeconds, hearingOf, type Arrival } from './hearings.ts';

/** Arrivals that are looked at for the hearings of a node. */
const maxArrivals = 200;

export interface Heard {
  readonly enrolment: Enrolment | undefined;
  readonly facts: NodeFacts | undefined;
  /** Of updates that it has told of. */
  readonly sequences: readonly number[];
}

/** @returns whether its role or groups are others, so that it is addressed by other updates */
export async function noteHeard(
  transaction: FleetTransaction,
  node: string,
  { enrolment, facts, sequences }: Heard,
): Promise<{ readonly isAddressedAnew: boolean }> {
  const row = await transaction
    .selectFrom('nodes')
    .select(['role', 'serial', 'enrolled_at', 'groups', 'newest_sequence'])
    .where('guid', '=', node)
    .executeTakeFirstOrThrow();
  const arrivals = await readArrivals(transaction, node);
  const isNewer = enrolment !== undefined && enrolment.serial >= (row.serial ?? 0);
  const { role, serial, enrolled_at } = isNewer
    ? { ...enrolment, enrolled_at: Date.parse(enrolment.created) }
    : row;
  const groups = facts ? JSON.stringify(facts.groups) : row.groups;
  const newest = Math.max(row.newest_sequence ?? 0, ...sequences);
  await transaction
    .updateTable('nodes')
    .set({
      role,
      serial,
      enrolled_at,
      groups,
      newest_sequence: newest === 0 ? null : newest,
      ...hearingOf(arrivals),
      clock_offset_seconds: clockOffsetSeconds(arrivals, enrolled_at),
      ...(facts ? columnsOf(facts) : {}),
    })
    .where('guid', '=', node)
    .execute();
  if (groups !== row.groups) await setGroups(transaction, node, JSON.parse(groups) as string[]);
  return { isAddressedAnew: role !== row.role || groups !== row.groups };
}

export async function setGroups(
  transaction: FleetTransaction,
  node: string,
  groups: readonly string[],
): Promise<void> {
  await transaction.deleteFrom('node_groups').where('node', '=', node).execute();
  if (groups.length > 0)
    await transaction
      .insertInto('node_groups')
      .values(groups.map((name) => ({ node, name })))
      .execute();
}

/** The newest first; of short logs too. */
export async function readArrivals(transaction: FleetTransaction, node: string): Promise<Arrival[]> {
  const archives = await transaction
    .selectFrom('archives')
    .select(['received_at', 'road', 'node_created_at'])
    .where('node', '=', node)
    .orderBy('received_at', 'desc')
    .orderBy('incarnation')
    .orderBy('sequence')
    .limit(maxArrivals)
    .execute();
  const shortLogs = await transaction
    .selectFrom('short_logs')
    .select(['received_at', 'road', 'node_at as node_created_at'])
    .where('node', '=', node)
    .orderBy('received_at', 'desc')
    .limit(maxArrivals)
    .execute();
  return [...archives, ...shortLogs].toSorted((a, b) => b.received_at - a.received_at);
}

function columnsOf(facts: NodeFacts): Record<string, string | number> {
  return {
    version: facts.version,
    baseline: facts.baseline,
    disk_free_bytes: facts.freeBytes,
    disk_total_bytes: facts.totalBytes,
    undelivered: facts.undelivered,
    undelivered_bytes: facts.undeliveredBytes,
  };
}
