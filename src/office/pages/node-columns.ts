/** The columns of lists of nodes. */
import { html } from 'hono/html';
import { lastingInWords } from '../../command-line/ages.ts';
import { bytesInWords } from '../../command-line/bytes.ts';
import type { NodeLine, NodeName } from '../../fleet/facts/node.ts';
import { formatNodeQuery, type NodeQuery, type NodeSort } from '../../fleet/node-query.ts';
import { nodeFields } from '../../fleet/lists/fields.ts';
import { columnsOf, type Column, type Look } from '../parts/list.ts';
import { nothing, shown, type Markup } from '../parts/markup.ts';
import { iso, moment, rhythm } from '../parts/moment.ts';
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
  const { name, state, heardAt } = basicLooks(now);
  return columnsOf(nodeFields, {
    name: { ...name, sort: sort('name', 'ascending') },
    role: { rank: 3 },
    state: { ...state, sort: sort('worst', 'descending') },
    ...(query.update === undefined ? {} : resultLooks(query)),
    heardAt: { ...heardAt, sort: sort('heard', 'ascending') },
    rhythmSeconds: {
      cell: ({ rhythmSeconds }) => html`<span class="span">${rhythm(rhythmSeconds)}</span>`,
      rank: 3,
    },
    newestSequence: { isNumber: true, rank: 2, sort: sort('sequence', 'descending') },
    behind: { ...count(({ behind }) => behind), sort: sort('behind', 'descending') },
    failures: { ...count(({ failures }) => failures), sort: sort('failures', 'descending') },
    absent: { cell: logsCell, rank: 2 },
    diskFreeBytes: {
      cell: ({ diskFreeBytes }) => (diskFreeBytes === null ? '–' : bytesInWords(diskFreeBytes)),
      isNumber: true,
      rank: 3,
      sort: sort('disk', 'ascending'),
    },
  });
}

/** What matters of nodes where the question is one update. */
export function resultColumns(query: NodeQuery, now: number): readonly Column<NodeLine>[] {
  const { name, state, heardAt } = basicLooks(now);
  return columnsOf(nodeFields, {
    name,
    state: { ...state, rank: 2 },
    ...resultLooks(query),
    'result.lastLine': {
      cell: ({ result }) => html`<span class="code cut">${shown(result?.lastLine ?? '')}</span>`,
      rank: 2,
    },
    heardAt: { ...heardAt, rank: 2 },
  });
}

function basicLooks(now: number): Readonly<Record<'name' | 'state' | 'heardAt', Look<NodeLine>>> {
  return {
    name: { cell: nodeCell },
    state: { cell: (node) => stateCell(node, now) },
    heardAt: {
      cell: ({ heardAt, heardRoad }) =>
        html`${moment(heardAt, now)}${heardRoad === null ? nothing : html`<span class="sub">by ${shown(heardRoad)}</span>`}`,
    },
  };
}

function resultLooks(
  query: NodeQuery,
): Readonly<Record<'result.state' | 'result.exitStatus', Look<NodeLine>>> {
  const { update = '' } = query;
  return {
    'result.state': {
      ...(/^\d{1,7}$/.test(update) ? { heading: `Update ${update}` } : {}),
      cell: ({ result }) =>
        result === null
          ? '–'
          : html`${sign(result.state)}${result.reason === '' ? nothing : html`<span class="sub">${shown(result.reason)}</span>`}`,
      sort: sortLink(query, 'result', 'descending'),
    },
    'result.exitStatus': { isNumber: true, rank: 2 },
  };
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

/** Why it is called late, silent or paused: `for 3 days`; `''` otherwise. */
export function latenessWords(
  { state, lateAt, silentAt, pausedUntil }: Pick<NodeLine, 'state' | 'lateAt' | 'silentAt' | 'pausedUntil'>,
  now: number,
): string {
  if (state === 'late' && lateAt !== null) return lastingInWords(lateAt, now);
  if (state === 'silent' && silentAt !== null) return lastingInWords(silentAt, now);
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
function count(value: (node: NodeLine) => number): Look<NodeLine> {
  return {
    cell: (node) => (value(node) === 0 ? html`<span class="faint">0</span>` : html`<b>${value(node)}</b>`),
    isNumber: true,
    rank: 2,
  };
}

type Direction = 'ascending' | 'descending';
type Sort = NonNullable<Look<NodeLine>['sort']>;

function sortLink(query: NodeQuery, by: NodeSort, usual: Direction): Sort {
  const isCurrent = query.sort === by;
  const turned = usual === 'ascending' ? 'descending' : 'ascending';
  return {
    href: nodesHref({ ...query, sort: by, reverse: isCurrent && !query.reverse, page: 1 }),
    direction: isCurrent ? (query.reverse ? turned : usual) : undefined,
  };
}
