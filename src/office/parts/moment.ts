/** Times and durations: in words to read, exactly for who wants to know. */
import { html } from 'hono/html';
import { inWords, lastingInWords, whenInWords } from '../../command-line/ages.ts';
import type { Markup } from './markup.ts';

/** Days of the calendar that a date can have: beyond, what a node's clock said is nonsense. */
const lastMs = 8.64e15;

export function exactly(at: number): string {
  return Math.abs(at) <= lastMs ? `${iso(at).slice(0, 16).replace('T', ' ')} UTC` : 'no time';
}

export function iso(at: number): string {
  return Math.abs(at) <= lastMs ? new Date(at).toISOString() : '';
}

/** `3 hours ago`, with the time itself behind it. @param at `null`: never */
export function moment(at: number | null, now: number): Markup {
  if (at === null) return html`<span class="faint">never</span>`;
  return html`<time datetime="${iso(at)}" title="${exactly(at)}">${whenInWords(at, now)}</time>`;
}

/** `for 3 hours`, with the time of its beginning behind it. */
export function lasting(at: number, now: number): Markup {
  return html`<time datetime="${iso(at)}" title="${exactly(at)}">${lastingInWords(at, now)}</time>`;
}

/** When it was, with the time itself to be read: for lists in the order of time. */
export function dated(at: number | null, now: number): Markup {
  if (at === null) return html`<span class="faint">never</span>`;
  return html`<time datetime="${iso(at)}">${exactly(at)}</time>
    <span class="faint">${whenInWords(at, now)}</span>`;
}

/** By a clock that nobody vouches for. */
export function byNodesClock(at: number | null): Markup {
  if (at === null) return html`<span class="faint">not told</span>`;
  return html`<time datetime="${iso(at)}" title="by the clock of the node">${exactly(at)}</time>`;
}

/** How long it takes from one hearing to the next. */
export function rhythm(seconds: number | null): string {
  return seconds === null ? '–' : inWords(seconds);
}
