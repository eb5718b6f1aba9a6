/** The columns of lists of nodes. */
import { html } from 'hono/html';
import { bytesInWords } from '../../command-line/bytes.ts';
import type { NodeLine, NodeName } from '../../fleet/facts.ts';
import { formatNodeQuery, type NodeQuery, type NodeSort } from '../../fleet/node-query.ts';
import type { Column } from '../parts/list.ts';
import { nothing, shown, type Markup } from '../parts/markup.ts';
import { iso, moment, rhythm, sinceWords } from '../parts/moment.ts';
import { sign } from '../parts/sign.ts';

export function nodeHref(guid: string): string {
  return `/nodes/${encodeURIComponent(guid)}`;
}

export function nodesHref(query: NodeQuery): string {
  const text = formatNodeQuery(query);
  return text === '' ? '/' : `/?${text}`;
}

/** By its name, or by the beginning of its GUID. */
export function nodeLink({ guid, name }: NodeName): Markup {
  const isNamed = name !== '';
  return html`<a href="${nodeHref(guid)}" class="${isNamed ? '' : 'code'}"
    >${isNamed ? shown(name) : guid.slice(0, 13)}</a
  >`;
}

/** @param now of the page */
export function nodeColumns(query: NodeQuery, now: number): readonly Column<NodeLine>[] {
  const sort = (by: NodeSort, usual: Direction): Sort => sortLink(query, by, usual);
  return [
    { key: 'guid', heading: 'GUID', value: ({ guid }) => guid, isHidden: true },
    {
      key: 'name',
      heading: 'Node',
      value: ({ name }) => name,
      cell: nodeCell,
      sort: sort('name', 'ascending'),
    },
    { key: 'role', heading: 'Role', value: ({ role }) => role, rank: 3 },
    {
      key: 'place',
      heading: 'Place',
      value: ({ place }) => place,
      cell: ({ place }) => shown(place),
      isHidden: true,
    },
    { key: 'groups', heading: 'Groups', value: ({ groups }) => groups.join(' '), isHidden: true },
    {
      key: 'state',
      heading: 'State',
      value: ({ state }) => state,
      cell: (node) => stateCell(node, now),
      sort: sort('worst', 'descending'),
    },
    ...ofUpdate(query),
    {
      key: 'last_heard',
      heading: 'Last heard',
      value: ({ heardAt }) => (heardAt === null ? null : iso(heardAt)),
      cell: ({ heardAt, heardRoad }) =>
        html`${moment(heardAt, now)}${heardRoad === null ? nothing : html`<span class="sub">by ${shown(heardRoad)}</span>`}`,
      sort: sort('heard', 'ascending'),
    },
    { key: 'heard_by', heading: 'By', value: ({ heardRoad }) => heardRoad, isHidden: true },
    {
      key: 'rhythm_seconds',
      heading: 'Usually every',
      value: ({ rhythmSeconds }) => rhythmSeconds,
      cell: ({ rhythmSeconds }) => html`<span class="span">${rhythm(rhythmSeconds)}</span>`,
      rank: 3,
    },
    {
      key: 'newest_update',
      heading: 'Newest update',
      value: ({ newestSequence }) => newestSequence,
      isNumber: true,
      rank: 2,
      sort: sort('sequence', 'descending'),
    },
    count('behind', 'Behind by', ({ behind }) => behind, sort('behind', 'descending')),
    count('failures', 'Failures', ({ failures }) => failures, sort('failures', 'descending')),
    {
      key: 'logs_absent',
      heading: 'Logs',
      value: ({ absent }) => absent,
      cell: logsCell,
      rank: 2,
    },
    { key: 'logs_lost', heading: 'Logs lost', value: ({ lost }) => lost, isHidden: true },
    {
      key: 'logs_undelivered',
      heading: 'Logs undelivered',
      value: ({ undelivered }) => undelivered,
      isHidden: true,
    },
    {
      key: 'disk_free_bytes',
      heading: 'Disk free',
      value: ({ diskFreeBytes }) => diskFreeBytes,
      cell: ({ diskFreeBytes }) => (diskFreeBytes === null ? '–' : bytesInWords(diskFreeBytes)),
      isNumber: true,
      rank: 3,
      sort: sort('disk', 'ascending'),
    },
    {
      key: 'disk_total_bytes',
      heading: 'Disk',
      value: ({ diskTotalBytes }) => diskTotalBytes,
      isHidden: true,
    },
    {
      key: 'clock_offset_seconds',
      heading: 'Clock',
      value: ({ clockOffsetSeconds }) => clockOffsetSeconds,
      isHidden: true,
    },
    { key: 'version', heading: 'Version', value: ({ version }) => version, isHidden: true },
    {
      key: 'paused_until',
      heading: 'Paused until',
      value: ({ pausedUntil }) => (pausedUntil === null ? null : iso(pausedUntil)),
      isHidden: true,
    },
  ];
}

/** What matters of nodes where the question is one update. */
export function resultColumns(query: NodeQuery, now: number): readonly Column<NodeLine>[] {
  const kept = new Set(['name', 'state', 'result', 'exit_status', 'last_line', 'last_heard']);
  return nodeColumns(query, now)
    .filter(({ key }) => kept.has(key))
    .map((column) => {
      if (column.key === 'last_line') return { ...column, isHidden: false };
      return column.key === 'result' || column.key === 'name' ? column : { ...column, rank: 2 };
    });
}

function ofUpdate(query: NodeQuery): readonly Column<NodeLine>[] {
  const { update } = query;
  if (update === undefined) return [];
  return [
    {
      key: 'result',
      heading: /^\d{1,7}$/.test(update) ? `Update ${update}` : 'This update',
      value: ({ result }) => result?.state ?? null,
      cell: ({ result }) =>
        result === null
          ? '–'
          : html`${sign(result.state)}${result.reason === '' ? nothing : html`<span class="sub">${shown(result.reason)}</span>`}`,
      sort: sortLink(query, 'result', 'descending'),
    },
    {
      key: 'exit_status',
      heading: 'Exit',
      value: ({ result }) => result?.exitStatus ?? null,
      isNumber: true,
      rank: 2,
    },
    {
      key: 'last_line',
      heading: 'Last line',
      value: ({ result }) => result?.lastLine ?? null,
      cell: ({ result }) => html`<span class="code cut">${shown(result?.lastLine ?? '')}</span>`,
      isHidden: true,
      rank: 2,
    },
  ];
}

function nodeCell({ guid, name, place, role }: NodeLine): Markup {
  return html`${nodeLink({ guid, name })}<span class="sub"
      >${place === '' ? (role ?? '') : shown(place)}</span
    >`;
}

/** The state, and for how long by the node's own rhythm. */
function stateCell({ state, lateAt, silentAt, pausedUntil }: NodeLine, now: number): Markup {
  return html`${sign(state)}${sub(latenessWords({ state, lateAt, silentAt, pausedUntil }, now))}`;
}

/** Why it is called late, silent or paused: `should have been heard 3 days ago`; `''` otherwise. */
export function latenessWords(
  { state, lateAt, silentAt, pausedUntil }: Pick<NodeLine, 'state' | 'lateAt' | 'silentAt' | 'pausedUntil'>,
  now: number,
): string {
  if (state === 'late' && lateAt !== null) return `since ${sinceWords(lateAt, now).replace(/ ago$/, '')}`;
  if (state === 'silent' && silentAt !== null)
    return `since ${sinceWords(silentAt, now).replace(/ ago$/, '')}`;
  return state === 'paused' && pausedUntil !== null ? `until ${iso(pausedUntil).slice(0, 10)}` : '';
}

function sub(text: string): Markup {
  return text === '' ? nothing : html`<span class="sub span">${text}</span>`;
}

function logsCell({ absent, lost, undelivered }: NodeLine): Markup {
  const waiting = undelivered ?? 0;
  if (absent + lost + waiting === 0) return html`<span class="faint">whole</span>`;
  const parts = [
    absent > 0 ? `${absent} absent` : '',
    lost > 0 ? `${lost} lost` : '',
    waiting > 0 ? `${waiting} undelivered` : '',
  ];
  return html`${parts.filter((part) => part !== '').join(', ')}`;
}

/** Nothing is said quietly, so that what is there stands out. */
function count(
  key: string,
  heading: string,
  value: (node: NodeLine) => number,
  sort: Sort,
): Column<NodeLine> {
  return {
    key,
    heading,
    value,
    cell: (node) => (value(node) === 0 ? html`<span class="faint">0</span>` : html`<b>${value(node)}</b>`),
    isNumber: true,
    rank: 2,
    sort,
  };
}

type Direction = 'ascending' | 'descending';
type Sort = NonNullable<Column<NodeLine>['sort']>;

function sortLink(query: NodeQuery, by: NodeSort, usual: Direction): Sort {
  const isCurrent = query.sort === by;
  const turned = usual === 'ascending' ? 'descending' : 'ascending';
  return {
    href: nodesHref({ ...query, sort: by, reverse: isCurrent && !query.reverse, page: 1 }),
    direction: isCurrent ? (query.reverse ? turned : usual) : undefined,
  };
}
