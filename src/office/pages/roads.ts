/** Roads: who meets whom, how often, and what goes over it. */
import type { Hono } from 'hono';
import { html } from 'hono/html';
import { bytesInWords } from '../../command-line/bytes.ts';
import type { RoadLine, RoadQuery } from '../../fleet/facts/roads.ts';
import { parsePage } from '../../fleet/node-query.ts';
import { FerrymanError } from '../../errors.ts';
import { isGuid } from '../../parcel/recipients.ts';
import { roadFields } from '../../fleet/lists/fields.ts';
import { whole } from '../parts/figures.ts';
import { columnsOf, exports, listTable, pager, type Column, type Look } from '../parts/list.ts';
import { nothing, shown } from '../parts/markup.ts';
import { byNodesClock } from '../parts/moment.ts';
import type { Office, OfficeEnv } from '../web/environment.ts';
import { framed, queryOf } from '../web/framed.ts';
import { nodeLink } from './node-columns.ts';

const maxLines = 200;
const sorts = ['contacts', 'bytes', 'last'] as const;

/** @throws FerrymanError `usage.invalid` */
export function parseRoadQuery(text: string): RoadQuery {
  const given = new URLSearchParams(text);
  const node = given.get('node') ?? '';
  const sort = given.get('sort') ?? '';
  if (node !== '' && !isGuid(node))
    throw new FerrymanError('usage.invalid', `node: expected a GUID, found "${node.slice(0, 64)}"`);
  const known = sorts.find((one) => one === (sort === '' ? 'contacts' : sort));
  if (!known)
    throw new FerrymanError(
      'usage.invalid',
      `sort: expected one of ${sorts.join(', ')}, found "${sort.slice(0, 64)}"`,
    );
  const page = parsePage(given.get('page') ?? undefined, given.get('size') ?? undefined);
  return { ...page, node: node === '' ? undefined : node, sort: known };
}

export function formatRoadQuery({ node, sort, page, size }: RoadQuery): string {
  const params = new URLSearchParams();
  if (node !== undefined) params.append('node', node);
  if (sort !== 'contacts') params.append('sort', sort);
  if (page !== 1) params.append('page', String(page));
  if (size !== 50) params.append('size', String(size));
  return params.toString();
}

export function roadPages(app: Hono<OfficeEnv>, office: Office): void {
  app.get('/roads', async (visit) => {
    const asked = parseRoadQuery(queryOf(visit));
    const query = { ...asked, size: Math.min(asked.size, maxLines) };
    const { total, roads } = await office.questions.roads(query);
    const href = (page: number): string => `/roads?${formatRoadQuery({ ...query, page })}`;
    const body = html`<h1>Roads</h1>
      <p class="lead">
        Who met whom, by the word of the first: neighbours keep a list of their contacts, which comes home
        with their logs. The other side's word is a line of its own.
      </p>
      <section>
        ${query.node === undefined ? nothing : html`<p>Only roads of <code>${query.node}</code>. <a href="/roads">All roads</a></p>`}
        ${listTable(roadColumns(query), roads, {
          caption: 'Roads',
          empty: 'No meeting has been told of yet. Nodes tell of theirs with their archives of logs.',
        })}
        ${pager({ page: query.page, size: query.size, total, href })}
        ${exports('/api/v1/roads', formatRoadQuery({ ...query, page: 1, size: 50 }))}
      </section>`;
    return framed(visit, office, { title: 'Roads', section: 'roads', body });
  });
}

function roadColumns(query: RoadQuery): readonly Column<RoadLine>[] {
  const sort = (by: RoadQuery['sort']): Pick<Look<RoadLine>, 'sort'> => ({
    sort: {
      href: `/roads?${formatRoadQuery({ ...query, sort: by, page: 1 })}`,
      direction: query.sort === by ? 'descending' : undefined,
    },
  });
  return columnsOf(roadFields, {
    'node.guid': { cell: ({ node }) => nodeLink(node) },
    'peer.guid': {
      cell: ({ peer, peerRole }) => html`${nodeLink(peer)}<span class="sub span">${shown(peerRole)}</span>`,
    },
    contacts: { cell: ({ contacts }) => whole(contacts), isNumber: true, ...sort('contacts') },
    everyDays: { cell: ({ everyDays }) => oftenness(everyDays), rank: 2 },
    bytesIn: { cell: ({ bytesIn }) => bytesInWords(bytesIn), isNumber: true, ...sort('bytes') },
    bytesOut: { cell: ({ bytesOut }) => bytesInWords(bytesOut), isNumber: true, rank: 2 },
    parcelsIn: { cell: ({ parcelsIn }) => whole(parcelsIn), isNumber: true, rank: 3 },
    firstNodeAt: { cell: ({ firstNodeAt }) => byNodesClock(firstNodeAt), rank: 3 },
    lastNodeAt: { cell: ({ lastNodeAt }) => byNodesClock(lastNodeAt), rank: 2, ...sort('last') },
  });
}

export function oftenness(everyDays: number | null): string {
  if (everyDays === null) return 'once';
  if (everyDays < 1 / 24) return 'many times an hour';
  if (everyDays < 0.75) return `${Math.round(1 / everyDays)} times a day`;
  return everyDays < 1.5 ? 'every day' : `every ${Math.round(everyDays)} days`;
}
