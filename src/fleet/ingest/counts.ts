/** Keeps, beside the results, how many there are of each kind: of each update by state, and of each node what is open. */
import { sql } from 'kysely';
import type { FleetTransaction } from '../store/open-store.ts';
import type { ResultState } from '../states.ts';
import { inPortions } from '../store/portions.ts';
import { openStates } from '../store/states.ts';

/** Changes that are gathered first, and then written in a few statements. */
export class CountChanges {
  readonly #updates = new Map<string, Map<ResultState, number>>();
  readonly #nodes = new Map<string, number>();

  /** A result goes from one state to another; `undefined`: it is not there. */
  moved(node: string, digest: string, from: ResultState | undefined, to: ResultState | undefined): void {
    if (from === to) return;
    if (from !== undefined) this.#add(node, digest, from, -1);
    if (to !== undefined) this.#add(node, digest, to, 1);
  }

  /** Results of one update of which it is only known how many went. */
  movedMany(digest: string, from: ResultState, to: ResultState, count: number): void {
    this.#addToUpdate(digest, from, -count);
    this.#addToUpdate(digest, to, count);
  }

  /** @param nodes whose state may be another for other reasons too */
  async write(transaction: FleetTransaction, nodes: readonly string[] = []): Promise<void> {
    await this.#writeUpdates(transaction);
    await this.#writeNodes(transaction, nodes);
  }

  #add(node: string, digest: string, state: ResultState, by: number): void {
    this.#addToUpdate(digest, state, by);
    if (openStates.includes(state)) this.#nodes.set(node, (this.#nodes.get(node) ?? 0) + by);
  }

  #addToUpdate(digest: string, state: ResultState, by: number): void {
    const counts = this.#updates.get(digest) ?? new Map<ResultState, number>();
    counts.set(state, (counts.get(state) ?? 0) + by);
    this.#updates.set(digest, counts);
  }

  async #writeUpdates(transaction: FleetTransaction): Promise<void> {
    const rows = [...this.#updates].flatMap(([digest, counts]) =>
      [...counts].filter(([, by]) => by !== 0).map(([state, count]) => ({ digest, state, count })),
    );
    for (const some of inPortions(rows)) {
      await transaction
        .insertInto('update_counts')
        .values(some)
        .onConflict((conflict) =>
          conflict.columns(['digest', 'state']).doUpdateSet({
            count: sql<number>`update_counts.count + excluded.count`,
          }),
        )
        .execute();
      const digests = [...new Set(some.map(({ digest }) => digest))];
      await transaction
        .deleteFrom('update_counts')
        .where('digest', 'in', digests)
        .where('count', '=', 0)
        .execute();
    }
    this.#updates.clear();
  }

  /** Nodes whose counts change alike, together. */
  async #writeNodes(transaction: FleetTransaction, others: readonly string[]): Promise<void> {
    const alike = new Map<number, string[]>();
    for (const [node, by] of this.#nodes) {
      const group = alike.get(by) ?? [];
      group.push(node);
      if (by !== 0) alike.set(by, group);
    }
    for (const [by, nodes] of alike)
      for (const some of inPortions(nodes))
        await transaction
          .updateTable('nodes')
          .set({ open_count: sql<number>`open_count + ${sql.lit(by)}` })
          .where('guid', 'in', some)
          .execute();
    for (const some of inPortions([...new Set([...this.#nodes.keys(), ...others])]))
      await setStates(transaction, some);
    this.#nodes.clear();
  }
}

/** A node's state follows from its counts and from whether it was ever heard. */
export async function setStates(transaction: FleetTransaction, nodes: readonly string[]): Promise<void> {
  await transaction
    .updateTable('nodes')
    .set({
      state: sql`case when last_heard_at is null then 'new' when failed_count > 0 then 'failed' when open_count > 0 then 'behind' else 'current' end`,
    })
    .where('guid', 'in', [...nodes])
    .execute();
}
