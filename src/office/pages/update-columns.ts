/** How what lists of updates, and of what became of them, have in common looks. */
import { html } from 'hono/html';
import type { FailureGroup, UpdateLine } from '../../fleet/facts/update.ts';
import { resultStates } from '../../fleet/states.ts';
import type { Look } from '../parts/list.ts';
import { shown } from '../parts/markup.ts';
import type { Share } from '../parts/state-bar.ts';
import { resultHref, updateLink, type UpdateName } from './update-link.ts';

/** Which update: its link, and its title below. */
export const updateLook: Look<UpdateName & { readonly title: string }> = {
  cell: ({ sequence, digest, title }) =>
    html`${updateLink({ sequence, digest })}<span class="sub">${shown(title)}</span>`,
};

/** What a script has written last. */
export const lastLineLook: Look<{ readonly lastLine: string }> = {
  cell: ({ lastLine }) => html`<span class="code cut">${lastLine === '' ? '–' : shown(lastLine)}</span>`,
};

/** How a script ended. */
export function exitWords({
  exitStatus,
  signal,
}: Pick<FailureGroup, 'exitStatus' | 'signal'>): string | null {
  if (signal !== null && signal !== '') return signal;
  return exitStatus === null ? null : String(exitStatus);
}

/** How many nodes are in each state, each with a link to them. */
export function shares(update: UpdateLine): readonly Share[] {
  return resultStates.map((state) => ({
    state,
    count: update.counts[state],
    href: resultHref(update, state),
  }));
}
