/** What the fleet store does not keep for ever: contacts and short logs. What became of updates stays. */
import type { FleetStore, FleetTransaction } from './open-store.ts';

export interface FleetRetention {
  readonly contactDays: number;
  readonly shortLogDays: number;
}

const dayMs = 24 * 3600 * 1000;

export interface Portions {
  /** How many at most, of each kind. */
  readonly portions?: number;
  /** Rows in one; a statement over millions of them would be given up before it ends. */
  readonly rows?: number;
}

export interface Pruned {
  readonly contacts: number;
  readonly shortLogs: number;
  /** Nothing old is left. */
  readonly isDone: boolean;
}

/** @param nowMs by the proxy's clock @returns how many went @throws FerrymanError `fleet.*`: what went until then is gone */
export async function pruneFleetStore(
  store: FleetStore,
  { contactDays, shortLogDays }: FleetRetention,
  nowMs: number,
  { portions = Infinity, rows = 2000 }: Portions = {},
): Promise<Pruned> {
  const inPortions = async (remove: Remove, before: number): Promise<{ count: number; isDone: boolean }> => {
    let count = 0;
    for (let portion = 0; portion < portions; portion++) {
      const gone = await store.alone((transaction) => remove(transaction, before, rows));
      count += gone;
      if (gone < rows) return { count, isDone: true };
    }
    return { count, isDone: false };
  };
  const contacts = await inPortions(removeContacts, nowMs - contactDays * dayMs);
  const shortLogs = await inPortions(removeShortLogs, nowMs - shortLogDays * dayMs);
  return {
    contacts: contacts.count,
    shortLogs: shortLogs.count,
    isDone: contacts.isDone && shortLogs.isDone,
  };
}

type Remove = (transaction: FleetTransaction, before: number, rows: number) => Promise<number>;

async function removeContacts(transaction: FleetTransaction, before: number, rows: number): Promise<number> {
  const { numDeletedRows } = await transaction
    .deleteFrom('contacts')
    .where((builder) =>
      builder(
        builder.refTuple('node', 'incarnation', 'sequence', 'line'),
        'in',
        builder
          .selectFrom('contacts as old')
          .select(['old.node', 'old.incarnation', 'old.sequence', 'old.line'])
          .where('old.at', '<', before)
          .limit(rows)
          .$asTuple('node', 'incarnation', 'sequence', 'line'),
      ),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function removeShortLogs(transaction: FleetTransaction, before: number, rows: number): Promise<number> {
  const { numDeletedRows } = await transaction
    .deleteFrom('short_logs')
    .where('id', 'in', (builder) =>
      builder
        .selectFrom('short_logs as old')
        .select('old.id')
        .where('old.received_at', '<', before)
        // One that is all that is known of an update stays with it.
        .where((is) =>
          is.not(
            is.exists(
              is
                .selectFrom('results')
                .select('results.digest')
                .whereRef('results.node', '=', 'old.node')
                .whereRef('results.heard_at', '=', 'old.received_at'),
            ),
          ),
        )
        .limit(rows),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}
