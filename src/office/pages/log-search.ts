/** Lines in the logs of one node, the newest first; and how far it has looked. */
import type { Hono } from 'hono';
import { html } from 'hono/html';
import { bytesInWords } from '../../command-line/bytes.ts';
import { counted } from '../../command-line/counted.ts';
import { FerrymanError } from '../../errors.ts';
import type { LogHit, LogSearchEnd } from '../../fleet/logs/search-logs.ts';
import { listTable, type Column } from '../parts/list.ts';
import { nothing, shown, type Markup } from '../parts/markup.ts';
import type { Office, OfficeEnv, Visit } from '../web/environment.ts';
import { framed, queryOf, userOf } from '../web/framed.ts';
import { nodeHref } from './node-columns.ts';

export interface LogQuery {
  readonly grep: string;
  readonly isPattern: boolean;
  readonly ignoreCase: boolean;
  readonly file: string;
}

export interface LogAnswer {
  readonly hits: readonly LogHit[];
  readonly end: LogSearchEnd;
}

const maxHits = 100;
const deadlineMs = 10_000;
/** At a time: each reads a disk as fast as it goes. */
const maxSearches = 4;
/** Of one user, so that nobody keeps the others from it. */
const maxOfOne = 2;

/** @throws FerrymanError `usage.invalid` */
export function parseLogQuery(text: string): LogQuery {
  const given = new URLSearchParams(text);
  const one = (key: string): string => given.get(key) ?? '';
  const grep = one('grep');
  if (grep.length > 500 || one('file').length > 500)
    throw new FerrymanError('usage.invalid', 'grep: expected at most 500 characters, found more');
  return { grep, isPattern: one('pattern') === '1', ignoreCase: one('case') === 'any', file: one('file') };
}

/** @throws FerrymanError `fleet.pattern`, `fleet.no-grep`, `office.busy` */
export async function findLines(
  visit: Visit,
  office: Office,
  guid: string,
  query: LogQuery,
): Promise<LogAnswer> {
  const { searches } = office;
  if (searches.size >= maxSearches)
    throw new FerrymanError('office.busy', `${searches.size} searches are at work already`);
  const search = { user: userOf(visit).name };
  const own = [...searches].filter(({ user }) => user === search.user).length;
  if (own >= maxOfOne) throw new FerrymanError('office.busy', `${own} searches of yours are at work already`);
  searches.add(search);
  try {
    const { searchLogs } = await import('../../fleet/logs/search-logs.ts');
    const { grep, isPattern, ignoreCase, file } = query;
    const hits: LogHit[] = [];
    const wanted = {
      folder: office.logFolder(guid),
      text: grep,
      isPattern,
      ignoreCase,
      file,
      limit: maxHits,
      deadlineMs,
      stop: visit.req.raw.signal,
    };
    for await (const finding of searchLogs(wanted)) {
      if (finding.kind === 'hit') hits.push(finding);
      if (finding.kind === 'end') return { hits, end: finding };
    }
    throw new FerrymanError('internal.bug', 'a search of logs has no end');
  } finally {
    searches.delete(search);
  }
}

export function logSearchPage(app: Hono<OfficeEnv>, office: Office): void {
  app.get('/nodes/:who/logs', async (visit) => {
    const node = await office.questions.node(visit.req.param('who'), visit.get('now'));
    const query = parseLogQuery(queryOf(visit));
    const answer = query.grep === '' ? undefined : await findLines(visit, office, node.guid, query);
    const title = `Logs of ${node.name === '' ? node.guid : node.name}`;
    const body = html`<h1>
        Logs of <a href="${nodeHref(node.guid)}">${node.name === '' ? node.guid : shown(node.name)}</a>
      </h1>
      <section>${searchForm(node.guid, query)} ${answer ? found(answer) : nothing}</section>`;
    return framed(visit, office, { title, section: 'fleet', body });
  });
}

function searchForm(guid: string, { grep, isPattern, ignoreCase, file }: LogQuery): Markup {
  return html`<form
    class="filters"
    method="get"
    action="${nodeHref(guid)}/logs"
    role="search"
    aria-label="Logs of this node"
  >
    <label
      >Lines that hold <input type="search" name="grep" value="${grep}" maxlength="500" size="30" required
    /></label>
    <label>Only files whose path holds <input name="file" value="${file}" maxlength="500" /></label>
    <fieldset>
      <legend class="unseen">How</legend>
      <label
        ><input type="checkbox" name="pattern" value="1" ${isPattern ? 'checked' : ''} />it is a pattern, as
        for grep -E</label
      >
      <label
        ><input type="checkbox" name="case" value="any" ${ignoreCase ? 'checked' : ''} />capitals or
        not</label
      >
    </fieldset>
    <button>Search</button>
  </form>`;
}

function found({ hits, end }: LogAnswer): Markup {
  const columns: readonly Column<LogHit>[] = [
    {
      heading: 'File',
      value: ({ path }) => path,
      cell: ({ path, incarnation }) =>
        html`<span class="code">${shown(path)}</span><span class="sub code">${incarnation}</span>`,
    },
    {
      heading: 'Line',
      value: ({ text }) => text,
      cell: ({ text, isCut }) => html`<span class="code">${shown(text)}${isCut ? '…' : ''}</span>`,
    },
  ];
  const { skipped } = end;
  return html`<p role="status">${farness(end)}</p>
    ${
      skipped.length === 0
        ? nothing
        : html`<details>
            <summary>${counted(skipped.length, 'file')} not looked at to the end</summary>
            <ul>
              ${skipped.slice(0, 50).map(({ path, why }) => html`<li><span class="code">${shown(path)}</span>: ${shown(why)}</li>`)}
            </ul>
          </details>`
    }
    ${listTable(columns, hits, { caption: 'Lines found, the newest first', empty: 'No line like this in what was looked at.' })}`;
}

function farness({ why, hits, looked, total, files }: LogSearchEnd): string {
  const far = `${bytesInWords(looked)} of ${bytesInWords(total)} in ${counted(files, 'file')}, the newest first`;
  const ends = {
    all: `Looked through all: ${bytesInWords(total)} in ${counted(files, 'file')}.`,
    limit: `Looked through ${far}; stopped at ${hits} lines. A narrower search goes further back.`,
    deadline: `Looked through ${far}; stopped after ${deadlineMs / 1000} seconds. ferryman fleet logs in a terminal goes on to the end.`,
    stopped: `Looked through ${far}; stopped.`,
  };
  return `${counted(hits, 'line')}. ${ends[why]}`;
}
