/** Short logs, of a node or about an update. */
import { html } from 'hono/html';
import type { ShortLogLine } from '../../fleet/facts/node.ts';
import { listTable, type Column } from '../parts/list.ts';
import { shown, type Markup } from '../parts/markup.ts';
import { iso, moment } from '../parts/moment.ts';
import { sign } from '../parts/sign.ts';
import { nodeLink } from './node-columns.ts';

export function shortLogs(logs: readonly ShortLogLine[], now: number): Markup {
  const columns: readonly Column<ShortLogLine>[] = [
    {
      heading: 'Came',
      value: ({ receivedAt }) => iso(receivedAt),
      cell: ({ receivedAt }) => moment(receivedAt, now),
    },
    { heading: 'Node', value: ({ node }) => node.guid, cell: ({ node }) => nodeLink(node) },
    {
      heading: 'Update',
      value: ({ sequence }) => sequence,
      cell: ({ sequence }) =>
        sequence === null ? '–' : html`<a href="/updates/${sequence}">${sequence}</a>`,
      isNumber: true,
    },
    {
      heading: 'State',
      value: ({ state }) => state,
      cell: ({ state }) => (state === null ? '–' : sign(state)),
    },
    {
      heading: 'Text',
      value: ({ text }) => text,
      cell: ({ text }) => html`<span class="code cut">${shown(text)}</span>`,
    },
    { heading: 'By', value: ({ road }) => road, cell: ({ road }) => shown(road), rank: 2 },
  ];
  return html`<section aria-labelledby="short-logs">
    <h2 id="short-logs">Short logs</h2>
    ${listTable(columns, logs, { caption: 'Short logs', empty: 'None has come. They come by SMS where there is a modem, and with the archives otherwise.' })}
  </section>`;
}
