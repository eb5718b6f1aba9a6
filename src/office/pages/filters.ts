/** The form over the list of nodes: plain fields, sent by GET, so that a filter is an address that can be passed on. */
import { html } from 'hono/html';
import {
  nodeMarks,
  nodeSorts,
  type NodeQuery,
  type NodeSort,
  type NodeMark,
} from '../../fleet/node-query.ts';
import { nodeStates, resultStates } from '../../fleet/states.ts';
import { roles } from '../../parcel/recipients.ts';
import { nothing, type Markup } from '../parts/markup.ts';
import { words } from '../parts/sign.ts';

const markWords: Readonly<Record<NodeMark, string>> = {
  gaps: 'logs absent',
  lost: 'logs lost',
  disk: 'disk nearly full',
  clock: 'clock wrong',
};
const sortWords: Readonly<Record<NodeSort, string>> = {
  worst: 'the worst first',
  result: 'state of that update',
  name: 'name',
  heard: 'last heard',
  sequence: 'newest update',
  behind: 'behind by',
  disk: 'disk free',
  failures: 'failures',
};
const usualRoads = ['flood', 'backhaul', 'usb', 'sms'];
const sizes = [25, 50, 100, 200];

export function filterForm(query: NodeQuery): Markup {
  const { text, update, groups, sort, reverse, size } = query;
  return html`<form class="filters" method="get" action="/" role="search" aria-label="Nodes">
    <label>Name, place or GUID <input type="search" name="text" value="${text}" maxlength="100" /></label>
    <label>Group <input name="group" value="${groups[0] ?? ''}" maxlength="64" size="12" /></label>
    <label
      >Update <input name="update" value="${update ?? ''}" maxlength="128" size="8" placeholder="number"
    /></label>
    <label
      >Order
      <select name="sort">
        ${orders(query).map((one) => html`<option value="${one}" ${one === sort ? 'selected' : ''}>${sortWords[one]}</option>`)}
      </select></label
    >
    <label
      >Lines
      <select name="size">
        ${[...new Set([...sizes, size])].map((one) => html`<option ${one === size ? 'selected' : ''}>${one}</option>`)}
      </select></label
    >
    <button>Show</button>
    ${reverse ? html`<input type="hidden" name="order" value="reverse" />` : nothing}
    ${groups.slice(1).map((group) => html`<input type="hidden" name="group" value="${group}" />`)}
    ${choices(query)}
  </form>`;
}

/** An order by what an update is on the nodes needs one. */
function orders({ update }: NodeQuery): readonly NodeSort[] {
  return nodeSorts.filter((one) => one !== 'result' || update !== undefined);
}

function choices({ states, roles: chosenRoles, roads, marks, update, results }: NodeQuery): Markup {
  const isOpen = [states, chosenRoles, roads, marks, results].some((list) => list.length > 0);
  const allRoads = [...new Set([...usualRoads, ...roads])];
  return html`<details ${isOpen ? 'open' : ''}>
    <summary>Only some states, roles or roads</summary>
    ${boxes('State', 'state', nodeStates, states, (state) => words(state).label)}
    ${update === undefined ? nothing : boxes('That update', 'result', resultStates, results, (state) => words(state).label)}
    ${boxes('Role', 'role', roles, chosenRoles, (role) => role)}
    ${boxes('Heard by', 'road', allRoads, roads, (road) => road)}
    ${boxes('With', 'mark', nodeMarks, marks, (mark) => markWords[mark])}
  </details>`;
}

function boxes<T extends string>(
  legend: string,
  name: string,
  all: readonly T[],
  chosen: readonly T[],
  word: (one: T) => string,
): Markup {
  return html`<fieldset>
    <legend>${legend}</legend>
    ${all.map(
      (one) =>
        html`<label
          ><input
            type="checkbox"
            name="${name}"
            value="${one}"
            ${chosen.includes(one) ? 'checked' : ''}
          />${word(one)}</label
        > `,
    )}
  </fieldset>`;
}

export function isFiltered(query: NodeQuery): boolean {
  const { states, roles: chosenRoles, groups, roads, marks, text, update } = query;
  return (
    [states, chosenRoles, groups, roads, marks].some((list) => list.length > 0) ||
    text !== '' ||
    update !== undefined
  );
}
