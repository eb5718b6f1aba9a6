/** How many are in each state: a bar for the eye, and a list that says the same and leads to the nodes. */
import { html } from 'hono/html';
import type { NodeState, ResultState } from '../../fleet/states.ts';
import { whole } from './figures.ts';
import type { Markup } from './markup.ts';
import { shape, toneOf, words } from './sign.ts';

export interface Share {
  readonly state: NodeState | ResultState;
  readonly count: number;
  /** The nodes in this state. */
  readonly href: string;
}

/** So that one node in thousands can still be seen, in parts of a thousand. */
const leastWidth = 6;

/** @param shares of all states; empty ones are left out of the bar, not out of the list */
export function stateBar(shares: readonly Share[], what: string): Markup {
  const total = shares.reduce((sum, { count }) => sum + count, 0);
  return html`${bar(shares, total)}
    <ul class="legend" aria-label="${what}">
      ${shares.map(
        ({ state, count, href }) =>
          html`<li>
            <a
              class="sign ${toneOf(state)} ${count === 0 ? 'none' : ''}"
              href="${href}"
              title="${words(state).meaning}"
              >${shape(state)}<b>${whole(count)}</b> ${words(state).label}</a
            >
          </li>`,
      )}
      <li class="total"><b>${whole(total)}</b> in all</li>
    </ul>`;
}

/** For the eye alone: what it says stands beside it. */
export function bar(shares: readonly Share[], total: number): Markup {
  const some = shares.filter(({ count }) => count > 0);
  if (total === 0)
    return html`<svg class="bar" width="100%" height="24" aria-hidden="true">
      <rect class="empty" width="100%" height="100%" />
    </svg>`;
  const widths = some.map(({ count }) => Math.max(leastWidth, (1000 * count) / total));
  const all = widths.reduce((sum, one) => sum + one, 0);
  const begins = widths.map((_, index) => widths.slice(0, index).reduce((sum, one) => sum + one, 0));
  return html`<svg class="bar" width="100%" height="24" aria-hidden="true">
    ${some.map(
      ({ state }, index) =>
        html`<rect
          class="${toneOf(state)} of-${state}"
          x="${percent(begins[index] ?? 0, all)}"
          width="${percent(widths[index] ?? 0, all)}"
          height="100%"
        />`,
    )}
  </svg>`;
}

function percent(part: number, all: number): string {
  return `${((100 * part) / all).toFixed(2)}%`;
}
