/** The sign of a state: a shape, a colour and the word, so that none of them is needed. */
import { html, raw } from 'hono/html';
import {
  nodeStateWords,
  resultStateWords,
  type NodeState,
  type ResultState,
  type Tone,
} from '../../fleet/states.ts';
import type { Markup } from './markup.ts';

/** Drawn in a square of 16 by 16; `f`: filled, `s`: a line. */
const shapes: Readonly<Record<NodeState | ResultState, string>> = {
  failed: '<path class="f" d="M5 1h6l4 4v6l-4 4H5l-4-4V5z"/><path class="k" d="M5.5 5.5l5 5m0-5l-5 5"/>',
  silent: '<circle class="f" cx="8" cy="8" r="7"/><path class="k" d="M4 8h8"/>',
  late: '<circle class="s" cx="8" cy="8" r="6.2"/><path class="s" d="M8 4.4V8l2.6 1.8"/>',
  behind: '<path class="s" d="M3 3.5l5 4.5 5-4.5M3 8.5L8 13l5-4.5"/>',
  current: '<path class="s" d="M2.5 8.5l3.8 4 7.2-9"/>',
  new: '<circle class="s dots" cx="8" cy="8" r="6.2"/>',
  paused: '<path class="f" d="M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z"/>',
  unseen: '<circle class="s dots" cx="8" cy="8" r="6.2"/>',
  carried: '<path class="s" d="M1.5 8h11M9 4l4 4-4 4"/>',
  waiting: '<path class="s" d="M4 2h8M4 14h8M5 2v3l3 3 3-3V2M5 14v-3l3-3 3 3v3"/>',
  running: '<path class="f" d="M4 2l9.5 6L4 14z"/>',
  succeeded: '<path class="s" d="M2.5 8.5l3.8 4 7.2-9"/>',
  interrupted: '<path class="f" d="M9.5 1L3 9h4l-1 6 7-8.5H8.5z"/>',
  refused: '<circle class="s" cx="8" cy="8" r="6.2"/><path class="s" d="M3.8 12.2l8.4-8.4"/>',
  skipped: '<path class="s" d="M2 3.5L7 8l-5 4.5M8.5 3.5l5 4.5-5 4.5"/>',
};

/** `silent` and `failed` need a person alike, and must not look alike. */
const tones: Partial<Record<NodeState | ResultState, Tone | 'away'>> = { silent: 'away' };

export function toneOf(state: NodeState | ResultState): Tone | 'away' {
  return tones[state] ?? words(state).tone;
}

/** @param label in place of the state's own word */
export function sign(state: NodeState | ResultState, label?: string): Markup {
  const { label: word, meaning } = words(state);
  return html`<span class="sign ${toneOf(state)}" title="${meaning}">${shape(state)}${label ?? word}</span>`;
}

export function shape(state: NodeState | ResultState): Markup {
  return raw(`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">${shapes[state]}</svg>`);
}

export function words(state: NodeState | ResultState): { label: string; meaning: string; tone: Tone } {
  return Object.hasOwn(nodeStateWords, state)
    ? nodeStateWords[state as NodeState]
    : resultStateWords[state as ResultState];
}
