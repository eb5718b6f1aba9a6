/** Makes tables and indexes from a short spelling of their columns, for SQLite and PostgreSQL alike. */
import { sql, type ColumnDataType, type CreateTableBuilder, type RawBuilder, type Transaction } from 'kysely';
import type { FleetSchema } from './schema.ts';

export type Dialect = 'sqlite' | 'postgres';

type Type = ColumnDataType | RawBuilder<unknown>;

interface Types {
  readonly text: Type;
  readonly whole: Type;
  /** Counted by the database, and the primary key. */
  readonly counted: Type;
}

const typesOf: Readonly<Record<Dialect, Types>> = {
  sqlite: { text: 'text', whole: 'integer', counted: sql`integer primary key autoincrement` },
  postgres: { text: sql`text collate "C"`, whole: 'bigint', counted: sql`bigserial primary key` },
};

/** Columns by name: `text`, `whole`, with `?` may be null, with `=` has a default. */
export type Columns = Readonly<Record<string, Column>>;
type Column =
  | 'text'
  | 'text?'
  | 'whole'
  | 'whole?'
  | 'counted'
  | { readonly text: string }
  | { readonly whole: number };

export class TableMaker {
  readonly #db: Transaction<FleetSchema>;
  readonly #types: Types;

  constructor(db: Transaction<FleetSchema>, dialect: Dialect) {
    this.#db = db;
    this.#types = typesOf[dialect];
  }

  async table(name: string, columns: Columns, primaryKey: readonly string[] = []): Promise<void> {
    let table: CreateTableBuilder<string, string> = this.#db.schema.createTable(name);
    for (const [column, kind] of Object.entries(columns)) table = this.#column(table, column, kind);
    if (primaryKey.length > 0) table = table.addPrimaryKeyConstraint(`${name}_key`, [...primaryKey]);
    await table.execute();
  }

  async index(table: string, ...columns: string[]): Promise<void> {
    await this.#db.schema
      .createIndex(`${table}_by_${columns.join('_')}`)
      .on(table)
      .columns(columns)
      .execute();
  }

  async dropColumn(table: string, column: string): Promise<void> {
    await this.#db.schema.alterTable(table).dropColumn(column).execute();
  }

  async run(statement: RawBuilder<unknown>): Promise<void> {
    await statement.execute(this.#db);
  }

  async dropIndex(table: string, ...columns: string[]): Promise<void> {
    await this.#db.schema.dropIndex(`${table}_by_${columns.join('_')}`).execute();
  }

  #column(
    table: CreateTableBuilder<string, string>,
    name: string,
    kind: Column,
  ): CreateTableBuilder<string, string> {
    const { text, whole, counted } = this.#types;
    if (kind === 'counted') return table.addColumn(name, counted);
    if (typeof kind === 'object') {
      const [type, fallback] = 'text' in kind ? [text, kind.text] : [whole, kind.whole];
      return table.addColumn(name, type, (column) => column.notNull().defaultTo(fallback));
    }
    const type = kind.startsWith('text') ? text : whole;
    return table.addColumn(name, type, (column) => (kind.endsWith('?') ? column : column.notNull()));
  }
}
