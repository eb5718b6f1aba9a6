/**
 * For whom an update is, among the nodes that are known: a row in `results` for each of them, before it has told anything. Made when the
 * update becomes known, and when a node does.
 */
import type { FleetTransaction } from '../store/open-store.ts';
import type { ResultState } from '../states.ts';
import { inPortions } from '../store/portions.ts';
import { carriedTo, nodesThatMeetHolders } from './carried.ts';
import type { CountChanges } from './counts.ts';

/** Makes the rows of an update for all nodes that are known and have told nothing of it; takes away those it is not for. */
export async function spreadUpdate(
  transaction: FleetTransaction,
  digest: string,
  counts: CountChanges,
): Promise<void> {
  const addressed = new Set(await nodesAddressed(transaction, digest));
  const known = await transaction
    .selectFrom('results')
    .select(['node', 'state'])
    .where('digest', '=', digest)
    .execute();
  const holders = await transaction
    .selectFrom('holders')
    .select('node')
    .where('digest', '=', digest)
    .execute();
  const strangers = known.filter(({ node, state }) => isUntold(state) && !addressed.has(node));
  await remove(
    transaction,
    strangers.map(({ node, state }) => ({ node, digest, state })),
    counts,
  );
  for (const { node } of [...known, ...holders]) addressed.delete(node);
  const near = addressed.size === 0 ? addressed : await nodesThatMeetHolders(transaction, digest);
  await add(
    transaction,
    [...addressed].map((node) => ({ node, digest, state: near.has(node) ? 'carried' : 'unseen' })),
    counts,
  );
}

/** The same for a node: after it has become known, or its role or groups are others. */
export async function spreadToNode(
  transaction: FleetTransaction,
  node: string,
  counts: CountChanges,
): Promise<void> {
  const addressed = new Set(await updatesFor(transaction, node));
  const known = await transaction
    .selectFrom('results')
    .select(['digest', 'state'])
    .where('node', '=', node)
    .execute();
  const held = await transaction.selectFrom('holders').select('digest').where('node', '=', node).execute();
  const strangers = known.filter(({ digest, state }) => isUntold(state) && !addressed.has(digest));
  await remove(
    transaction,
    strangers.map(({ digest, state }) => ({ node, digest, state })),
    counts,
  );
  for (const { digest } of [...known, ...held]) addressed.delete(digest);
  const near = await carriedTo(transaction, node, [...addressed]);
  await add(
    transaction,
    [...addressed].map((digest) => ({ node, digest, state: near.has(digest) ? 'carried' : 'unseen' })),
    counts,
  );
}

function isUntold(state: ResultState): boolean {
  return state === 'unseen' || state === 'carried';
}

async function nodesAddressed(transaction: FleetTransaction, digest: string): Promise<string[]> {
  const to = (
    await transaction
      .selectFrom('update_recipients')
      .select('recipient')
      .where('digest', '=', digest)
      .execute()
  ).map(({ recipient }) => recipient);
  const found = new Set<string>();
  const take = (rows: readonly { guid: string }[]): void => rows.forEach(({ guid }) => found.add(guid));
  const nodes = transaction.selectFrom('nodes').select('guid');
  if (to.includes('all')) take(await nodes.execute());
  const roles = afterPrefix(to, 'role:');
  if (roles.length > 0) take(await nodes.where('role', 'in', roles).execute());
  const groups = afterPrefix(to, 'group:');
  for (const some of inPortions(groups))
    take(
      await transaction.selectFrom('node_groups').select('node as guid').where('name', 'in', some).execute(),
    );
  for (const some of inPortions(to)) take(await nodes.where('guid', 'in', some).execute());
  return [...found];
}

async function updatesFor(transaction: FleetTransaction, node: string): Promise<string[]> {
  const row = await transaction
    .selectFrom('nodes')
    .select('role')
    .where('guid', '=', node)
    .executeTakeFirst();
  const groups = await transaction
    .selectFrom('node_groups')
    .select('name')
    .where('node', '=', node)
    .execute();
  const as = ['all', node, `role:${row?.role ?? ''}`, ...groups.map(({ name }) => `group:${name}`)];
  const rows = await transaction
    .selectFrom('update_recipients')
    .innerJoin('updates', 'updates.digest', 'update_recipients.digest')
    .select('updates.digest')
    .distinct()
    .where('recipient', 'in', as)
    .where('spread', '>', 0)
    .execute();
  return rows.map(({ digest }) => digest);
}

function afterPrefix(texts: readonly string[], prefix: string): string[] {
  return texts.filter((text) => text.startsWith(prefix)).map((text) => text.slice(prefix.length));
}

interface Untold {
  readonly node: string;
  readonly digest: string;
  readonly state: ResultState;
}

async function add(
  transaction: FleetTransaction,
  rows: readonly Untold[],
  counts: CountChanges,
): Promise<void> {
  for (const some of inPortions(rows)) await transaction.insertInto('results').values(some).execute();
  for (const { node, digest, state } of rows) counts.moved(node, digest, undefined, state);
}

async function remove(
  transaction: FleetTransaction,
  rows: readonly Untold[],
  counts: CountChanges,
): Promise<void> {
  for (const { node, digest, state } of rows) {
    await transaction.deleteFrom('results').where('node', '=', node).where('digest', '=', digest).execute();
    counts.moved(node, digest, state, undefined);
  }
}
