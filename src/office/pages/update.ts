/** One update: who has it, in which state, since when, and what went wrong. */
import type { Hono } from 'hono';
import { html } from 'hono/html';
import { bytesInWords } from '../../command-line/bytes.ts';
import type { CurvePoint, FailureGroup, UpdateFacts } from '../../fleet/facts/update.ts';
import { formatNodeQuery, type NodeQuery } from '../../fleet/node-query.ts';
import { percentage, ranges, whole } from '../parts/figures.ts';
import { exports, listTable, type Column } from '../parts/list.ts';
import { nothing, shown, type Markup } from '../parts/markup.ts';
import { dated, iso } from '../parts/moment.ts';
import { sign } from '../parts/sign.ts';
import { stateBar } from '../parts/state-bar.ts';
import type { Office, OfficeEnv } from '../web/environment.ts';
import { framed } from '../web/framed.ts';
import { nodeLink, nodesHref, resultColumns } from './node-columns.ts';
import { shortLogs } from './short-logs.ts';
import { exitWords, lastLineLook, shares } from './update-columns.ts';
import { nodesOf, resultHref, updateName } from './update-link.ts';

const nodesShown = 50;

export function updatePage(app: Hono<OfficeEnv>, office: Office): void {
  app.get('/updates/:which', async (visit) => {
    const now = visit.get('now');
    const update = await office.questions.update(visit.req.param('which'), now);
    const query: NodeQuery = { ...nodesOf(update), size: nodesShown };
    const { total, nodes } = await office.questions.nodes(query, now);
    const name = updateName(update);
    const body = html`<h1>Update ${name}: ${shown(update.title)}</h1>
      ${rivals(update)} ${states(update)} ${failures(update)} ${curve(update)}
      <section aria-labelledby="nodes">
        <h2 id="nodes">Nodes that it is for</h2>
        ${listTable(resultColumns(query, now), nodes, { caption: 'Nodes that it is for', empty: 'It is for no node that is known.' })}
        ${total > nodes.length ? html`<p><a href="${nodesHref(query)}">All ${whole(total)} nodes</a></p>` : nothing}
        ${exports('/api/v1/nodes', formatNodeQuery(nodesOf(update)))}
      </section>
      ${shortLogs(update.shortLogs, now)} ${facts(update, now)}`;
    return framed(visit, office, { title: `Update ${name}`, section: 'updates', body, hasCharts: true });
  });
}

function rivals({ rivals: others, sequence }: UpdateFacts): Markup {
  if (others.length === 0) return nothing;
  return html`<p class="wrong" role="alert">
    <b>Another update is told of under the sequence ${sequence}.</b> A node runs neither of two rivals after
    it has seen both: find out who signed them, and sign the next sequence; or which node lies.
    ${others.map((digest) => html`<br /><a class="code" href="/updates/${digest}">${digest.slice(0, 32)}…</a>`)}
  </p>`;
}

function states(update: UpdateFacts): Markup {
  const { overdue, total, counts } = update;
  return html`<section aria-labelledby="states">
    <h2 id="states">
      ${whole(counts.succeeded)} of ${whole(total)} have succeeded, ${percentage(counts.succeeded, total)}
    </h2>
    ${stateBar(shares(update), 'Nodes by what the update is on them')}
    ${
      overdue === 0
        ? nothing
        : html`<p>
            ${sign('late', `${whole(overdue)} of those that have not ended`)} are late or silent themselves:
            <a href="${nodesHref({ ...nodesOf(update), states: ['late', 'silent'] })}">which</a>.
          </p>`
    }
  </section>`;
}

function failures(update: UpdateFacts): Markup {
  const { failures: groups } = update;
  if (groups.length === 0) return nothing;
  const columns: readonly Column<FailureGroup>[] = [
    { heading: 'State', value: ({ state }) => state, cell: ({ state }) => sign(state) },
    { heading: 'Exit', value: exitWords },
    { heading: 'Last line', value: ({ lastLine }) => lastLine, ...lastLineLook },
    {
      heading: 'Nodes',
      value: ({ nodeCount }) => nodeCount,
      cell: ({ state, nodeCount }) => html`<a href="${resultHref(update, state)}">${whole(nodeCount)}</a>`,
      isNumber: true,
    },
    {
      heading: 'Such as',
      value: ({ nodes }) => nodes.map(({ guid }) => guid).join(' '),
      cell: ({ nodes }) =>
        html`${nodes.map((node, index) => html`${index > 0 ? ', ' : ''}${nodeLink(node)}`)}`,
      rank: 2,
    },
  ];
  return html`<section class="urgent" aria-labelledby="failures">
    <h2 id="failures">Failures that look the same</h2>
    ${listTable(columns, groups, { caption: 'Failures that look the same', empty: 'None.' })}
  </section>`;
}

function curve({ curve: points }: UpdateFacts): Markup {
  const columns: readonly Column<CurvePoint>[] = [
    {
      heading: 'When',
      value: ({ at }) => iso(at),
      cell: ({ at }) => html`<time datetime="${iso(at)}">${iso(at).slice(0, 16).replace('T', ' ')}</time>`,
    },
    {
      heading: 'Reached',
      value: ({ reached }) => reached,
      cell: ({ reached }) => whole(reached),
      isNumber: true,
    },
    {
      heading: 'Succeeded',
      value: ({ succeeded }) => succeeded,
      cell: ({ succeeded }) => whole(succeeded),
      isNumber: true,
    },
    {
      heading: 'Failed, interrupted or refused',
      value: ({ failed }) => failed,
      cell: ({ failed }) => whole(failed),
      isNumber: true,
    },
  ];
  return html`<section aria-labelledby="curve">
    <h2 id="curve">How it spread</h2>
    <p class="lead">
      Nodes that the office had heard by then to have it, and to be done with it. What has not been heard is
      not drawn.
    </p>
    <figure class="chart" data-chart-of="curve-table" data-tones="plain good bad" aria-hidden="true"></figure>
    <details>
      <summary>The same in numbers</summary>
      <div id="curve-table">
        ${listTable(columns, points, { caption: 'How it spread', empty: 'Nothing was heard of it yet.' })}
      </div>
    </details>
  </section>`;
}

function facts(
  {
    digest,
    created,
    expires,
    bytes,
    recipients,
    signers,
    supersedes,
    script,
    publishedAt,
    firstSeenAt,
    publications,
  }: UpdateFacts,
  now: number,
): Markup {
  return html`<section aria-labelledby="facts">
    <h2 id="facts">What it is</h2>
    <dl class="facts">
      <div>
        <dt>Signed</dt>
        <dd>${created === null ? 'not known' : dated(Date.parse(created), now)}</dd>
      </div>
      <div>
        <dt>By the keys</dt>
        <dd class="code">${listed(signers)}</dd>
      </div>
      <div>
        <dt>For</dt>
        <dd>${listed(recipients)}</dd>
      </div>
      <div>
        <dt>Size</dt>
        <dd>${bytes === null ? 'not known' : bytesInWords(bytes)}</dd>
      </div>
      <div>
        <dt>Expires</dt>
        <dd>${expires === null ? 'never' : dated(Date.parse(expires), now)}</dd>
      </div>
      <div>
        <dt>Script</dt>
        <dd class="code">${script === null ? 'not known' : shown(script)}</dd>
      </div>
      <div>
        <dt>Supersedes</dt>
        <dd>${supersedes.length === 0 ? 'nothing' : ranges(supersedes)}</dd>
      </div>
      <div>
        <dt>Published</dt>
        <dd>${publishedAt === null ? 'not by this office' : dated(publishedAt, now)}</dd>
      </div>
      <div>
        <dt>First heard of</dt>
        <dd>${dated(firstSeenAt, now)}</dd>
      </div>
      <div class="wide">
        <dt>Digest</dt>
        <dd class="code">${digest}</dd>
      </div>
      ${
        publications.length === 0
          ? nothing
          : html`<div class="wide">
              <dt>Handed to</dt>
              <dd>
                ${publications.map(({ road, at, byWhom, outcome }) => html`${road} by ${shown(byWhom)}, ${dated(at, now)}: ${shown(outcome)}<br />`)}
              </dd>
            </div>`
      }
    </dl>
  </section>`;
}

function listed(all: readonly string[]): string {
  return all.length === 0 ? 'not known' : all.map(shown).join(', ');
}
