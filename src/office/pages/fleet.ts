/** The fleet: how it stands, what needs a person, and every node. */
import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { NodesPage } from '../../fleet/facts/node.ts';
import type { Freshness, Need, Overview } from '../../fleet/facts/overview.ts';
import type { UpdateLine } from '../../fleet/facts/update.ts';
import { everyNode, formatNodeQuery, parseNodeQuery, type NodeQuery } from '../../fleet/node-query.ts';
import { nodeStates, resultStates } from '../../fleet/states.ts';
import { whenInWords } from '../../command-line/ages.ts';
import { counted } from '../../command-line/counted.ts';
import { percentage, whole } from '../parts/figures.ts';
import { exports, listTable, pager } from '../parts/list.ts';
import { nothing, shown, type Markup } from '../parts/markup.ts';
import { lasting, moment } from '../parts/moment.ts';
import { stateBar } from '../parts/state-bar.ts';
import type { Office, OfficeEnv } from '../web/environment.ts';
import { framed, queryOf } from '../web/framed.ts';
import { filterForm, isFiltered } from './filters.ts';
import { nodeColumns, nodeLink, nodesHref } from './node-columns.ts';
import { resultHref, updateHref, updateName } from './update-link.ts';

/** Lines that a page has at most: beyond, it weighs too much. */
const maxLines = 200;
const maxNeeds = 8;

export function fleetPage(app: Hono<OfficeEnv>, office: Office): void {
  app.get('/', async (visit) => {
    const now = visit.get('now');
    const asked = parseNodeQuery(queryOf(visit));
    const query = { ...asked, size: Math.min(asked.size, maxLines) };
    const [overview, nodes] = await Promise.all([
      office.questions.overview(now),
      office.questions.nodes(query, now),
    ]);
    const body = html`<h1>Fleet</h1>
      ${freshness(overview.freshness, now)} ${notEntered(overview.freshness)}
      ${overview.total === 0 ? firstSteps : standing(overview, now)}
      ${overview.total === 0 ? nothing : nodeList(query, nodes, now)}`;
    return framed(visit, office, { title: 'Fleet', section: 'fleet', body });
  });
  app.get('/needs', async (visit) => {
    const now = visit.get('now');
    const needs = await office.questions.needsPerson(now);
    const body = html`<h1>Needs a person</h1>
      <p class="lead">
        ${counted(needs.length, 'cause')}, the worst first. One cause is one line, however many nodes it
        touches.
      </p>
      <section>${needsList(needs, now)}${exports('/api/v1/needs', '')}</section>`;
    return framed(visit, office, { title: 'Needs a person', section: 'fleet', body });
  });
}

function freshness({ heardAt, isStale }: Freshness, now: number): Markup {
  if (heardAt === null) return html`<p class="lead">Nothing has come in yet.</p>`;
  if (!isStale)
    return html`<p class="lead">The newest archive or short log came in ${moment(heardAt, now)}.</p>`;
  return html`<p class="stale" role="status">
    <b>What stands here may be old.</b> Nothing has come in ${lasting(heardAt, now)}: is the proxy running,
    and does it reach its neighbours? See <code>ferryman proxy status</code> and
    <code>ferryman status</code> there.
  </p>`;
}

function notEntered({ notEntered: count }: Freshness): Markup {
  if (count === 0) return nothing;
  return html`<p class="stale" role="status">
    <b>${counted(count, 'archive')} ${count === 1 ? 'is' : 'are'} held and not in what stands here,</b> for an
    error of ferryman itself. Please report what the journal of the proxy says of it; the proxy tries again
    when it is started.
  </p>`;
}

const firstSteps: Markup = html`<section>
  <h2>No node is known yet</h2>
  <p>A node stands here as soon as the office has enrolled it, or its first archive of logs has come home:</p>
  <ol>
    <li>on the new node: <code>ferryman enrol request</code></li>
    <li>in the office: <code>ferryman enrol sign</code></li>
    <li>
      on the proxy: <code>ferryman run</code>, which takes in what the nodes send, or
      <code>ferryman proxy take FILE</code>
    </li>
  </ol>
</section>`;

function standing({ states, needs, needsTotal, newest }: Overview, now: number): Markup {
  const shares = nodeStates.map((state) => ({
    state,
    count: states[state],
    href: nodesHref({ ...everyNode, states: [state] }),
  }));
  return html`<section class="${needsTotal === 0 ? 'calm' : 'urgent'}" aria-labelledby="needs">
      <h2 id="needs">Needs a person</h2>
      ${needsList(needs.slice(0, maxNeeds), now)}
      ${needsTotal > maxNeeds ? html`<p><a href="/needs">All ${needsTotal} causes</a></p>` : nothing}
    </section>
    <section aria-labelledby="states">
      <h2 id="states">How the nodes stand</h2>
      ${stateBar(shares, 'Nodes by state')}
    </section>
    ${newest === null ? nothing : newestUpdate(newest, now)}`;
}

function newestUpdate(update: UpdateLine, now: number): Markup {
  const { title, counts, total, publishedAt, firstSeenAt } = update;
  const shares = resultStates.map((state) => ({
    state,
    count: counts[state],
    href: resultHref(update, state),
  }));
  const since = publishedAt ?? firstSeenAt;
  return html`<section aria-labelledby="newest">
    <h2 id="newest">
      Newest: <a href="${updateHref(update)}">update ${updateName(update)}</a> ${shown(title)}
    </h2>
    <p class="lead">
      ${publishedAt === null ? 'First heard of' : 'Published'} ${whenInWords(since, now)};
      ${whole(counts.succeeded)} of ${whole(total)} have succeeded, ${percentage(counts.succeeded, total)}.
    </p>
    ${stateBar(shares, 'The newest update by state')}
  </section>`;
}

export function needsList(needs: readonly Need[], now: number): Markup {
  if (needs.length === 0)
    return html`<p>Nothing. Every node is heard in its own rhythm and no update has failed.</p>`;
  return html`<ul class="needs">
    ${needs.map((need) => needLine(need, now))}
  </ul>`;
}

function needLine({ text, update, nodeCount, nodes, query, sinceAt }: Need, now: number): Markup {
  const more = nodeCount - nodes.length;
  return html`<li>
    <p>
      <b>${shown(text)}</b>
      <span class="sub"
        >${nodes.map((node, index) => html`${index > 0 ? ', ' : ''}${nodeLink(node)}`)}${more > 0 && nodes.length > 0 ? ` and ${more} more` : ''}${
          sinceAt === null ? '' : html`; ${lasting(sinceAt, now)}`
        }</span
      >
    </p>
    <span>
      ${update === null ? nothing : html`<a href="/updates/${update}">update ${update}</a>`}
      ${query === null ? nothing : html`<a href="${nodesHref(query)}">${counted(nodeCount, 'node')}</a>`}
    </span>
  </li>`;
}

function nodeList(query: NodeQuery, { total, nodes }: NodesPage, now: number): Markup {
  const isSome = isFiltered(query);
  const { page, size } = query;
  return html`<section aria-labelledby="nodes" id="list">
    <h2 id="nodes">${isSome ? `${whole(total)} of the nodes` : `All ${whole(total)} nodes`}</h2>
    ${filterForm(query)} ${isSome ? html`<p><a href="/">Show all nodes again</a></p>` : nothing}
    ${listTable(nodeColumns(query, now), nodes, {
      caption: 'Nodes',
      empty: html`No node is like this. <a href="/">Show all nodes</a>.`,
    })}
    ${pager({ page, size, total, href: (to) => nodesHref({ ...query, page: to }) })}
    ${exports('/api/v1/nodes', formatNodeQuery({ ...query, page: 1, size: everyNode.size }))}
  </section>`;
}
