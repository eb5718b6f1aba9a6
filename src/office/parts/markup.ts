/** Pieces of a page. `html` of hono escapes every value; what comes from nodes goes through {@link shown} besides. */
import { raw } from 'hono/html';
import type { html } from 'hono/html';
import { printable } from '../../parcel/printable.ts';

export type Markup = ReturnType<typeof html>;

/** In place of a piece that is not there. */
export const nothing: Markup = raw('');

const maxShown = 2000;

/** Text of a node or of an update, of which nothing hides, turns the writing around or goes on for ever. */
export function shown(text: string): string {
  return printable(text.length > maxShown ? `${text.slice(0, maxShown)}…` : text);
}
