/** Lists of the fleet as CSV (RFC 4180, UTF-8): the same fields, names and values as their JSON. Pure. */
import { asJson } from '../as-json.ts';
import type { Fields } from './fields.ts';

export type CsvValue = string | number | null;

/** The line of names, and a line for each row. */
export function toCsv<Row extends object>(fields: Fields<Row>, rows: readonly Row[]): string {
  return csvLine(Object.keys(fields)) + csvRows(fields, rows);
}

/** The same in parts: the first one has the line of names. */
export async function* csvInTurn<Row extends object>(
  fields: Fields<Row>,
  portions: AsyncIterable<readonly Row[]>,
): AsyncGenerator<string> {
  let isFirst = true;
  for await (const rows of portions) {
    yield isFirst ? toCsv(fields, rows) : csvRows(fields, rows);
    isFirst = false;
  }
  if (isFirst) yield toCsv(fields, []);
}

function csvRows<Row extends object>(fields: Fields<Row>, rows: readonly Row[]): string {
  const names = Object.keys(fields);
  return rows
    .map((row) => {
      const json = asJson(row);
      return csvLine(names.map((name) => valueIn(json, name)));
    })
    .join('');
}

/** One value, as JSON and CSV have it; lists in one text with spaces between. @param name as in `fields.ts` */
export function fieldOf(row: object, name: string): CsvValue {
  return valueIn(asJson(row), name);
}

function valueIn(json: unknown, name: string): CsvValue {
  const found = name.split('.').reduce(step, json);
  if (Array.isArray(found)) return found.join(' ');
  return typeof found === 'string' || typeof found === 'number' ? found : null;
}

function step(from: unknown, key: string): unknown {
  if (Array.isArray(from)) return from.map((one) => step(one, key));
  return typeof from === 'object' && from !== null ? Reflect.get(from, key) : null;
}

function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

/** How a formula begins; East Asian spreadsheets take the wide signs for the same. */
const formula = '[=+\\-@\\t\\r\uff1d\uff0b\uff0d\uff20]';
const atBeginning = new RegExp(`^(?=${formula})`);
/** Where lists are parted by semicolons, as in half of Europe, a spreadsheet begins a new cell here, in quotes or not. */
const behindSemicolon = new RegExp(`;(?=${formula})`, 'g');

/** A text that a spreadsheet would take for a formula gets a quote in front: nodes write what they like. Source: OWASP, CSV Injection. */
function csvField(value: CsvValue): string {
  if (typeof value === 'number') return String(value);
  const harmless = (value ?? '').replace(atBeginning, "'").replaceAll(behindSemicolon, ";'");
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
