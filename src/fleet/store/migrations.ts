/**
 * The tables of the fleet store, for SQLite and PostgreSQL from one definition. Applied at every start, by whoever is first; one that was
 * released is never changed, only followed by another.
 *
 * Text is compared byte by byte in both (`COLLATE "C"`), so that both sort alike; whole numbers have 64 bits in both.
 */
import type { Transaction } from 'kysely';
import { firstTables } from './migrations/1-tables.ts';
import { roadTables } from './migrations/2-roads.ts';
import { alertTables } from './migrations/3-alerts.ts';
import { carriedByRoads } from './migrations/4-carried.ts';
import { notEnteredTable } from './migrations/5-not-entered.ts';
import { resultIndexes } from './migrations/6-result-indexes.ts';
import type { FleetSchema } from './schema.ts';
import { TableMaker, type Dialect } from './table-maker.ts';

type Migration = (maker: TableMaker) => Promise<void>;

const migrations: readonly Migration[] = [
  firstTables,
  roadTables,
  alertTables,
  carriedByRoads,
  notEnteredTable,
  resultIndexes,
];

/** The version that this code knows. */
export const fleetVersion = migrations.length;

/** Applies what is missing. @param db a transaction that nobody else is in @param from the version that the store has */
export async function applyMigrations(
  db: Transaction<FleetSchema>,
  dialect: Dialect,
  from: number,
): Promise<void> {
  const maker = new TableMaker(db, dialect);
  for (const migration of migrations.slice(from)) await migration(maker);
}
