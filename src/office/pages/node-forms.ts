/** What an operator may change about a node: what people call it, and whether it is expected. Nothing here reaches the node. */
import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { NodeFacts } from '../../fleet/facts/node.ts';
import { maxPauseDays, pauseEnd } from '../../fleet/pause-end.ts';
import { nothing, shown, type Markup } from '../parts/markup.ts';
import { iso } from '../parts/moment.ts';
import type { Office, OfficeEnv } from '../web/environment.ts';
import { userOf } from '../web/framed.ts';
import { formOf, forOperators } from '../web/identify.ts';
import { nodeHref } from './node-columns.ts';

const dayMs = 86_400_000;
export function nodeForms(
  { guid, name, place, note, pausedUntil }: NodeFacts,
  token: string,
  now: number,
): Markup {
  const href = nodeHref(guid);
  const hidden = html`<input type="hidden" name="form" value="${token}" />`;
  return html`<section aria-labelledby="change">
    <h2 id="change">What the office says of it</h2>
    <form class="edit" method="post" action="${href}/words">
      ${hidden}
      <label>Name <input name="name" value="${shown(name)}" maxlength="64" /></label>
      <label>Place <input name="place" value="${shown(place)}" maxlength="200" size="30" /></label>
      <label>Note <input name="note" value="${shown(note)}" maxlength="1000" size="40" /></label>
      <button>Save</button>
    </form>
    <form class="edit" method="post" action="${href}/pause">
      ${hidden}
      <label
        >Nothing is expected of it until
        <input
          type="date"
          name="until"
          value="${pausedUntil === null ? '' : day(pausedUntil)}"
          min="${day(now)}"
          max="${day(now + maxPauseDays * dayMs)}"
          required
      /></label>
      <button>Pause</button>
    </form>
    ${
      pausedUntil === null
        ? nothing
        : html`<form method="post" action="${href}/resume">
            ${hidden}<button class="quiet">Expect it again now</button>
          </form>`
    }
  </section>`;
}

export function nodeDeeds(app: Hono<OfficeEnv>, office: Office): void {
  app.post('/nodes/:who/words', forOperators, async (visit) => {
    const who = visit.req.param('who');
    const { name = '', place = '', note = '' } = await formOf(visit);
    const words = { name: name.trim(), place: place.trim(), note: note.trim() };
    const { guid } = await office.changes.describe(who, words);
    return told(visit, office, guid, 'described');
  });
  app.post('/nodes/:who/pause', forOperators, async (visit) => {
    const { until = '' } = await formOf(visit);
    const { guid } = await office.changes.pause(visit.req.param('who'), pauseEnd(until, visit.get('now')));
    return told(visit, office, guid, `paused until ${until}`);
  });
  app.post('/nodes/:who/resume', forOperators, async (visit) => {
    const { guid } = await office.changes.pause(visit.req.param('who'), null);
    return told(visit, office, guid, 'is expected again');
  });
}

function day(at: number): string {
  return iso(at).slice(0, 10);
}

function told(visit: Parameters<typeof userOf>[0], office: Office, guid: string, what: string): Response {
  const requestId = visit.get('requestId');
  office.tell({ level: 'info', requestId, text: `${userOf(visit).name}: node ${guid} ${what}` });
  return visit.redirect(`${nodeHref(guid)}?saved=1`, 303);
}
