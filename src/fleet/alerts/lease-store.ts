/** Who of several machines does something, until when: in the fleet store, which they share. */
import type { FleetStore } from '../store/open-store.ts';

export class LeaseStore {
  readonly #store: FleetStore;

  constructor(store: FleetStore) {
    this.#store = store;
  }

  /**
   * Takes or keeps a lease. One that ends later than any could that is taken now comes of a wrong clock, and is free: its holder may be gone
   * until then.
   *
   * @returns whether it is this holder's for so long
   */
  take(name: string, holder: string, nowMs: number, leaseMs: number): Promise<boolean> {
    const untilMs = nowMs + leaseMs;
    return this.#store.transaction(async (transaction) => {
      await transaction
        .insertInto('leases')
        .values({ name, holder, until_at: untilMs })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet({ holder, until_at: untilMs })
            .where((eb) =>
              eb.or([
                eb('leases.holder', '=', holder),
                eb('leases.until_at', '<', nowMs),
                eb('leases.until_at', '>', nowMs + 2 * leaseMs),
              ]),
            ),
        )
        .execute();
      const row = await transaction
        .selectFrom('leases')
        .select('holder')
        .where('name', '=', name)
        .executeTakeFirst();
      return row?.holder === holder;
    });
  }

  /** Whether somebody holds a lease, by a clock that may be right. */
  isTaken(name: string, nowMs: number, leaseMs: number): Promise<boolean> {
    return this.#store.transaction(async (transaction) => {
      const row = await transaction
        .selectFrom('leases')
        .select('name')
        .where('name', '=', name)
        .where('until_at', '>=', nowMs)
        .where('until_at', '<=', nowMs + 2 * leaseMs)
        .executeTakeFirst();
      return row !== undefined;
    });
  }

  /** Gives a lease up, so that another need not wait for its end. */
  end(name: string, holder: string): Promise<void> {
    return this.#store.transaction(async (transaction) => {
      await transaction.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
    });
  }
}
