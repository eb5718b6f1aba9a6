/** What the fleet store does not keep for ever: contacts and short logs. What became of updates stays. */
import type { FleetStore } from './open-store.ts';

export interface FleetRetention {
  readonly contactDays: number;
  readonly shortLogDays: number;
}

const dayMs = 24 * 3600 * 1000;

/** @param nowMs by the proxy's clock @returns how many went @throws FerrymanError `fleet.*` */
export function pruneFleetStore(
  store: FleetStore,
  { contactDays, shortLogDays }: FleetRetention,
  nowMs: number,
): Promise<{ readonly contacts: number; readonly shortLogs: number }> {
  return store.alone(async (transaction) => {
    const contacts = await transaction
      .deleteFrom('contacts')
      .where('at', '<', nowMs - contactDays * dayMs)
      .executeTakeFirst();
    const shortLogs = await transaction
      .deleteFrom('short_logs')
      .where('received_at', '<', nowMs - shortLogDays * dayMs)
      // One that is all that is known of an update stays with it.
      .where((builder) =>
        builder.not(
          builder.exists(
            builder
              .selectFrom('results')
              .select('results.digest')
              .whereRef('results.node', '=', 'short_logs.node')
              .whereRef('results.heard_at', '=', 'short_logs.received_at'),
          ),
        ),
      )
      .executeTakeFirst();
    return { contacts: Number(contacts.numDeletedRows), shortLogs: Number(shortLogs.numDeletedRows) };
  });
}
