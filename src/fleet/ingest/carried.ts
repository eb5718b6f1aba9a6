/**
 * Who may be brought an update, by the roads: a node that meets the holder of one, by the word of either, is told of as `carried` while it has
 * not said itself that it has it. One meeting away, not more: what stands two meetings away has yet to come to somebody who meets it.
 */
import type { FleetTransaction } from '../store/open-store.ts';
import { inPortions } from '../store/portions.ts';
import type { CountChanges } from './counts.ts';

const untold = ['unseen', 'carried'] as const;

/** Of these updates those that somebody holds whom the node meets. */
export async function carriedTo(
  transaction: FleetTransaction,
  node: string,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (digests.length === 0) return found;
  for (const peers of inPortions(await neighboursOf(transaction, node), 200))
    for (const some of inPortions(digests, 200))
      for (const { digest } of await heldAmong(transaction, peers, some)) found.add(digest);
  return found;
}

/** The nodes that meet somebody who holds an update. */
export async function nodesThatMeetHolders(
  transaction: FleetTransaction,
  digest: string,
): Promise<ReadonlySet<string>> {
  const told = await transaction
    .selectFrom('results')
    .select('node')
    .where('digest', '=', digest)
    .where('state', 'not in', untold)
    .execute();
  const held = await transaction.selectFrom('holders').select('node').where('digest', '=', digest).execute();
  const nodes = new Set<string>();
  for (const some of inPortions([...told, ...held], 200))
    for (const peer of await neighboursOf(transaction, ...some.map(({ node }) => node))) nodes.add(peer);
  return nodes;
}

/** A node has told that it has updates: whom it meets may get them from there. */
export async function carryFrom(
  transaction: FleetTransaction,
  holder: string,
  digests: readonly string[],
  counts: CountChanges,
): Promise<void> {
  if (digests.length > 0) await carry(transaction, digests, await neighboursOf(transaction, holder), counts);
}

/** Two nodes have met for the first time: each may have got from the other what that holds. */
export async function carryOver(
  transaction: FleetTransaction,
  pair: readonly [string, string],
  counts: CountChanges,
): Promise<void> {
  for (const [holder, other] of [pair, pair.toReversed()] as [string, string][]) {
    const open = await transaction
      .selectFrom('results')
      .select('digest')
      .where('node', '=', other)
      .where('state', '=', 'unseen')
      .execute();
    const wanted = open.map(({ digest }) => digest);
    const held: string[] = [];
    for (const some of inPortions(wanted, 200))
      held.push(...(await heldAmong(transaction, [holder], some)).map(({ digest }) => digest));
    await carry(transaction, held, [other], counts);
  }
}

async function carry(
  transaction: FleetTransaction,
  digests: readonly string[],
  nodes: readonly string[],
  counts: CountChanges,
): Promise<void> {
  for (const digest of digests)
    for (const some of inPortions(nodes, 200)) {
      const { numUpdatedRows } = await transaction
        .updateTable('results')
        .set({ state: 'carried' })
        .where('digest', '=', digest)
        .where('node', 'in', some)
        .where('state', '=', 'unseen')
        .executeTakeFirst();
      if (numUpdatedRows > 0n) counts.movedMany(digest, 'unseen', 'carried', Number(numUpdatedRows));
    }
}

/** Whom any of the nodes meets, by the word of either. */
export async function neighboursOf(
  transaction: FleetTransaction,
  ...nodes: readonly string[]
): Promise<string[]> {
  const met = await transaction
    .selectFrom('roads')
    .select('peer as guid')
    .where('node', 'in', nodes)
    .execute();
  const meet = await transaction
    .selectFrom('roads')
    .select('node as guid')
    .where('peer', 'in', nodes)
    .execute();
  return [...new Set([...met, ...meet].map(({ guid }) => guid))];
}

async function heldAmong(
  transaction: FleetTransaction,
  nodes: readonly string[],
  digests: readonly string[],
): Promise<{ digest: string }[]> {
  const told = await transaction
    .selectFrom('results')
    .select('digest')
    .distinct()
    .where('node', 'in', nodes)
    .where('digest', 'in', digests)
    .where('state', 'not in', untold)
    .execute();
  const held = await transaction
    .selectFrom('holders')
    .select('digest')
    .distinct()
    .where('node', 'in', nodes)
    .where('digest', 'in', digests)
    .execute();
  return [...told, ...held];
}
