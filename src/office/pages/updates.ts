/** All updates, and how far each has come. */
import type { Hono } from 'hono';
import { html } from 'hono/html';
import { bytesInWords } from '../../command-line/bytes.ts';
import type { UpdateLine } from '../../fleet/facts/update.ts';
import { parsePage } from '../../fleet/node-query.ts';
import { updateFields } from '../../fleet/lists/fields.ts';
import type { ResultState } from '../../fleet/states.ts';
import { percentage, whole } from '../parts/figures.ts';
import { columnsOf, exports, listTable, pager, type Column } from '../parts/list.ts';
import type { Markup } from '../parts/markup.ts';
import { moment } from '../parts/moment.ts';
import { sign } from '../parts/sign.ts';
import { bar, type Share } from '../parts/state-bar.ts';
import type { Office, OfficeEnv } from '../web/environment.ts';
import { framed } from '../web/framed.ts';
import { shares, updateLook } from './update-columns.ts';
import { resultHref } from './update-link.ts';

const maxLines = 200;

export function updatesPage(app: Hono<OfficeEnv>, office: Office): void {
  app.get('/updates', async (visit) => {
    const now = visit.get('now');
    const asked = parsePage(visit.req.query('page'), visit.req.query('size'));
    const page = { ...asked, size: Math.min(asked.size, maxLines) };
    const { total, updates } = await office.questions.updates(page);
    const href = (to: number): string => `/updates?page=${to}&size=${page.size}`;
    const body = html`<h1>Updates</h1>
      <section>
        ${listTable(updateColumns(now), updates, {
          caption: 'Updates',
          empty: html`No update is known. Sign one with <code>sign-update</code>, and hand it to the roads
            with <code>ferryman publish FILE</code>.`,
        })}
        ${pager({ ...page, total, href })} ${exports('/api/v1/updates', '')}
      </section>`;
    return framed(visit, office, { title: 'Updates', section: 'updates', body });
  });
}

function updateColumns(now: number): readonly Column<UpdateLine>[] {
  return [
    ...columnsOf<UpdateLine, typeof updateFields>(updateFields, {
      sequence: updateLook,
      created: {
        cell: ({ created }) => (created === null ? '–' : moment(Date.parse(created), now)),
        rank: 2,
      },
      publishedAt: { cell: ({ publishedAt }) => moment(publishedAt, now), rank: 3 },
      bytes: {
        cell: ({ bytes }) => (bytes === null ? '–' : bytesInWords(bytes)),
        isNumber: true,
        rank: 3,
      },
      total: { cell: ({ total }) => whole(total), isNumber: true },
      'counts.succeeded': {
        heading: 'Succeeded',
        cell: ({ counts, total }) => percentage(counts.succeeded, total),
        isNumber: true,
      },
    }),
    {
      heading: 'How it stands',
      value: () => null,
      cell: (update) => html`${thinBar(shares(update), update.total)}${standing(update)}`,
    },
  ];
}

function thinBar(all: readonly Share[], total: number): Markup {
  return html`<div class="thinly">${bar(all, total)}</div>`;
}

/** What is not as it should be, in words. */
function standing(update: UpdateLine): Markup {
  const { counts } = update;
  const bad = (['failed', 'interrupted', 'refused'] as const).filter((state) => counts[state] > 0);
  const link = (state: ResultState): Markup =>
    html`<a href="${resultHref(update, state)}">${sign(state, `${counts[state]} ${state}`)}</a> `;
  return html`${bad.map(link)}`;
}
