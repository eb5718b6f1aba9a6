/**
 * A list as a table to read and as CSV to take away: both from one table of columns, so that they say the same.
 *
 * Columns of rank 2 and 3 go where the window is narrow; what is in them stands on the page of the node or update.
 */
import { html } from 'hono/html';
import { nothing, type Markup } from './markup.ts';

export type CsvValue = string | number | null;

export interface Column<Row> {
  /** In CSV, and in words of the sort: `last_heard`. */
  readonly key: string;
  readonly heading: string;
  readonly value: (row: Row) => CsvValue;
  /** Where it is not just the value. */
  readonly cell?: (row: Row) => Markup | string;
  readonly isNumber?: true;
  readonly rank?: 2 | 3;
  /** In CSV alone. */
  readonly isHidden?: boolean;
  /** Set in the heading where the list can be sorted by it. */
  readonly sort?: { readonly href: string; readonly direction: 'ascending' | 'descending' | undefined };
}

export interface ListWords {
  /** What the table is, for screen readers. */
  readonly caption: string;
  /** Where there is no row: what this means, and what to do next. */
  readonly empty: Markup | string;
}

export function listTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { caption, empty }: ListWords,
): Markup {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  const visible = columns.filter(({ isHidden }) => !isHidden);
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption class="unseen">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${visible.map(headCell)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${visible.map((column, index) => bodyCell(column, row, index))}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function headCell<Row>({ heading, isNumber, rank, sort }: Column<Row>): Markup {
  const names = classes(isNumber, rank);
  if (!sort) return html`<th scope="col" class="${names}">${heading}</th>`;
  const { href, direction } = sort;
  const arrow = direction === undefined ? '' : direction === 'ascending' ? ' ▲' : ' ▼';
  return html`<th scope="col" class="${names}" aria-sort="${direction ?? 'none'}">
    <a href="${href}">${heading}<span aria-hidden="true">${arrow}</span></a>
  </th>`;
}

function bodyCell<Row>({ value, cell, isNumber, rank }: Column<Row>, row: Row, index: number): Markup {
  const content = cell ? cell(row) : (value(row) ?? '–');
  const names = classes(isNumber, rank);
  if (index === 0) return html`<th scope="row" class="${names}">${content}</th>`;
  return names === '' ? html`<td>${content}</td>` : html`<td class="${names}">${content}</td>`;
}

function classes(isNumber: true | undefined, rank: 2 | 3 | undefined): string {
  return [isNumber ? 'num' : '', rank ? `rank${rank}` : ''].filter((one) => one !== '').join(' ');
}

/** Spec: RFC 4180; UTF-8. */
export function toCsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return csvLine(columns.map(({ key }) => key)) + csvRows(columns, rows);
}

export function csvRows<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return rows.map((row) => csvLine(columns.map(({ value }) => value(row)))).join('');
}

function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

function csvField(value: CsvValue): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  // A spreadsheet takes such a text for a formula, and a node may have written it. Source: OWASP, CSV Injection.
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export interface Paging {
  readonly page: number;
  readonly size: number;
  readonly total: number;
  readonly href: (page: number) => string;
}

export function pager({ page, size, total, href }: Paging): Markup {
  const last = Math.max(1, Math.ceil(total / size));
  if (last === 1) return nothing;
  const step = (to: number, word: string, rel: string): Markup =>
    to >= 1 && to <= last && to !== page
      ? html`<a href="${href(to)}" rel="${rel}">${word}</a>`
      : html`<span class="faint">${word}</span>`;
  return html`<nav class="pager" aria-label="Pages of the list">
    ${step(1, 'First', 'first')} ${step(page - 1, 'Previous', 'prev')}
    <span>Page ${page} of ${last}</span>
    ${step(page + 1, 'Next', 'next')} ${step(last, 'Last', 'last')}
  </nav>`;
}

/** Links to take a list away. @param path of the API, without what is behind the `?` */
export function exports(path: string, query: string): Markup {
  const behind = query === '' ? '' : `?${query}`;
  return html`<p class="exports">
    Take this list along: <a href="${path}.csv${behind}" download>CSV</a> <a href="${path}${behind}">JSON</a>
  </p>`;
}
