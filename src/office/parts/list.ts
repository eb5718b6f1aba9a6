/**
 * A list as a table to read. Lists that can be taken away have their fields and headings in `src/fleet/lists/`: here is only how they look.
 *
 * Columns of rank 2 and 3 go where the window is narrow; what is in them stands on the page of the node or update.
 */
import { html } from 'hono/html';
import { fieldOf, type CsvValue } from '../../fleet/lists/csv.ts';
import type { Fields } from '../../fleet/lists/fields.ts';
import { nothing, type Markup } from './markup.ts';

export interface Look<Row> {
  /** Where the one of the field does not say it. */
  readonly heading?: string;
  /** Where it is not just the value. */
  readonly cell?: (row: Row) => Markup | string;
  readonly isNumber?: true;
  readonly rank?: 2 | 3;
  /** Set in the heading where the list can be sorted by it. */
  readonly sort?: { readonly href: string; readonly direction: 'ascending' | 'descending' | undefined };
}

export interface Column<Row> extends Look<Row> {
  readonly heading: string;
  readonly value: (row: Row) => CsvValue;
}

/** Columns of some of the fields of a list. @param looks in the order in which they stand */
export function columnsOf<Row extends object, Known extends Fields<Row>>(
  fields: Known,
  looks: Readonly<Partial<Record<keyof Known & string, Look<Row>>>>,
): Column<Row>[] {
  return Object.entries<Look<Row> | undefined>(looks).map(([name, look]) => ({
    heading: String(fields[name as keyof Known]),
    value: (row) => fieldOf(row, name),
    ...look,
  }));
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
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption class="unseen">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(headCell)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${columns.map((column, index) => bodyCell(column, row, index))}
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
