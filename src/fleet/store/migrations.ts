/**
 * The tables of the fleet store, for SQLite and PostgreSQL from one definition. Applied at every start, by whoever is first; one that was
 * released is never changed, only followed by another.
 *
 * Text is compared byte by byte in both (`COLLATE "C"`), so that both sort alike; whole numbers have 64 bits in both.
 */
import type { SchemaModule } from 'kysely';
import { firstTables } from './migrations/1-tables.ts';
import { roadTables } from './migrations/2-roads.ts';
import { alertTables } from './migrations/3-alerts.ts';
import { resultIndexes } from './migrations/4-result-indexes.ts';
import { TableMaker, type Dialect } from './table-maker.ts';

type Migration = (maker: TableMaker) => Promise<void>;

const migrations: readonly Migration[] = [firstTables, roadTables, alertTables, resultIndexes];

/** The version that this code knows. */
export const fleetVersion = migrations.length;

/** Applies what is missing. @param schema of a transaction that nobody else is in @param from the version that the store has */
export async function applyMigrations(schema: SchemaModule, dialect: Dialect, from: number): Promise<void> {
  const maker = new TableMaker(schema, dialect);
  for (const migration of migrations.slice(from)) await migration(maker);
}
