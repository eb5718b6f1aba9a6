/** All updates, and one of them: who has it, in which state, since when, and what went wrong. */
import type { Hono } from 'hono';
import { html } from 'hono/html';
import { bytesInWords } from '../../command-line/bytes.ts';
import type { CurvePoint, FailureGroup, ShortLogLine, UpdateFacts, UpdateLine } from '../../fleet/facts.ts';
import { formatNodeQuery, parsePage, type NodeQuery } from '../../fleet/node-query.ts';
import { resultStates, type ResultState } from '../../fleet/states.ts';
import { percentage, ranges, whole } from '../parts/figures.ts';
import { exports, listTable, pager, type Column } from '../parts/list.ts';
import { nothing, shown, type Markup } from '../parts/markup.ts';
import { dated, iso, moment } from '../parts/moment.ts';
import { sign } from '../parts/sign.ts';
import { bar, stateBar, type Share } from '../parts/state-bar.ts';
import type { Office, OfficeEnv } from '../web/environment.ts';
import { framed } from '../web/framed.ts';
import { nodeLink, nodesHref, resultColumns } from './node-columns.ts';
import { nodesOf, resultHref, updateLink, updateName } from './update-link.ts';

const maxLines = 200;
const nodesShown = 50;

export function updatePages(app: Hono<OfficeEnv>, office: Office): void {
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

export function updateColumns(now: number): readonly Column<UpdateLine>[] {
  return [
    {
      key: 'sequence',
      heading: 'Update',
      value: ({ sequence }) => sequence,
      cell: ({ sequence, digest, title }) =>
        html`${updateLink({ sequence, digest })}<span class="sub">${shown(title)}</span>`,
    },
    { key: 'title', heading: 'Title', value: ({ title }) => title, isHidden: true },
    { key: 'digest', heading: 'Digest', value: ({ digest }) => digest, isHidden: true },
    {
      key: 'created',
      heading: 'Signed',
      value: ({ created }) => created,
      cell: ({ created }) => (created === null ? '–' : moment(Date.parse(created), now)),
      rank: 2,
    },
    {
      key: 'published',
      heading: 'Published',
      value: ({ publishedAt }) => (publishedAt === null ? null : iso(publishedAt)),
      cell: ({ publishedAt }) => moment(publishedAt, now),
      rank: 3,
    },
    {
      key: 'bytes',
      heading: 'Size',
      value: ({ bytes }) => bytes,
      cell: ({ bytes }) => (bytes === null ? '–' : bytesInWords(bytes)),
      isNumber: true,
      rank: 3,
    },
    {
      key: 'nodes',
      heading: 'Nodes',
      value: ({ total }) => total,
      cell: ({ total }) => whole(total),
      isNumber: true,
    },
    ...resultStates.map((state): Column<UpdateLine> => ({
      key: state,
      heading: state,
      value: ({ counts }) => counts[state],
      isHidden: true,
    })),
    {
      key: 'done',
      heading: 'Succeeded',
      value: ({ counts, total }) => percentage(counts.succeeded, total),
      isNumber: true,
    },
    {
      key: 'progress',
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

function shares(update: UpdateLine): readonly Share[] {
  return resultStates.map((state) => ({
    state,
    count: update.counts[state],
    href: resultHref(update, state),
  }));
}

function rivals({ rivals: others, sequence }: UpdateFacts): Markup {
  if (others.length === 0) return nothing;
  return html`<p class="wrong" role="alert">
    <b>Another update was signed under the sequence ${sequence}.</b> A node runs neither of two rivals after
    it has seen both: find out who signed them, and sign the next sequence.
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
    { key: 'state', heading: 'State', value: ({ state }) => state, cell: ({ state }) => sign(state) },
    { key: 'exit', heading: 'Exit', value: exitWords },
    {
      key: 'last_line',
      heading: 'Last line',
      value: ({ lastLine }) => lastLine,
      cell: ({ lastLine }) => html`<span class="code cut">${lastLine === '' ? '–' : shown(lastLine)}</span>`,
    },
    {
      key: 'nodes',
      heading: 'Nodes',
      value: ({ nodeCount }) => nodeCount,
      cell: ({ state, nodeCount }) => html`<a href="${resultHref(update, state)}">${whole(nodeCount)}</a>`,
      isNumber: true,
    },
    {
      key: 'which',
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

export function exitWords({
  exitStatus,
  signal,
}: Pick<FailureGroup, 'exitStatus' | 'signal'>): string | null {
  if (signal !== null && signal !== '') return signal;
  return exitStatus === null ? null : String(exitStatus);
}

function curve({ curve: points }: UpdateFacts): Markup {
  const columns: readonly Column<CurvePoint>[] = [
    {
      key: 'at',
      heading: 'When',
      value: ({ at }) => iso(at),
      cell: ({ at }) => html`<time datetime="${iso(at)}">${iso(at).slice(0, 16).replace('T', ' ')}</time>`,
    },
    {
      key: 'reached',
      heading: 'Reached',
      value: ({ reached }) => reached,
      cell: ({ reached }) => whole(reached),
      isNumber: true,
    },
    {
      key: 'succeeded',
      heading: 'Succeeded',
      value: ({ succeeded }) => succeeded,
      cell: ({ succeeded }) => whole(succeeded),
      isNumber: true,
    },
    {
      key: 'failed',
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

export function shortLogs(logs: readonly ShortLogLine[], now: number): Markup {
  const columns: readonly Column<ShortLogLine>[] = [
    {
      key: 'received',
      heading: 'Came',
      value: ({ receivedAt }) => iso(receivedAt),
      cell: ({ receivedAt }) => moment(receivedAt, now),
    },
    { key: 'node', heading: 'Node', value: ({ node }) => node.guid, cell: ({ node }) => nodeLink(node) },
    {
      key: 'update',
      heading: 'Update',
      value: ({ sequence }) => sequence,
      cell: ({ sequence }) =>
        sequence === null ? '–' : html`<a href="/updates/${sequence}">${sequence}</a>`,
      isNumber: true,
    },
    {
      key: 'state',
      heading: 'State',
      value: ({ state }) => state,
      cell: ({ state }) => (state === null ? '–' : sign(state)),
    },
    {
      key: 'text',
      heading: 'Text',
      value: ({ text }) => text,
      cell: ({ text }) => html`<span class="code cut">${shown(text)}</span>`,
    },
    { key: 'road', heading: 'By', value: ({ road }) => road, cell: ({ road }) => shown(road), rank: 2 },
  ];
  return html`<section aria-labelledby="short-logs">
    <h2 id="short-logs">Short logs</h2>
    ${listTable(columns, logs, { caption: 'Short logs', empty: 'None has come. They come by SMS where there is a modem, and with the archives otherwise.' })}
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
