/** Values in one statement: PostgreSQL takes 65,535 parameters, SQLite 32,766. */
export const rowsAtOnce = 500;

/** @param size items of a portion; the last one may have fewer */
export function* inPortions<Item>(items: readonly Item[], size = rowsAtOnce): Generator<Item[]> {
  for (let first = 0; first < items.length; first += size) yield items.slice(first, first + size);
}
