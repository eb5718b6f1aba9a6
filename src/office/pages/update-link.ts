/** How an update is called and linked. A link names the digest: two updates may have been signed under one sequence. */
import { html } from 'hono/html';
import { everyNode, type NodeQuery } from '../../fleet/node-query.ts';
import type { ResultState } from '../../fleet/states.ts';
import type { Markup } from '../parts/markup.ts';
import { nodesHref } from './node-columns.ts';

export interface UpdateName {
  readonly sequence: number | null;
  readonly digest: string;
}

/** Its sequence; the beginning of its digest where no node has told the sequence yet. */
export function updateName({ sequence, digest }: UpdateName): string {
  return sequence === null ? digest.slice(0, 8) : String(sequence);
}

export function updateHref({ digest }: UpdateName): string {
  return `/updates/${shortDigest(digest)}`;
}

export function updateLink(update: UpdateName): Markup {
  return html`<a href="${updateHref(update)}">${updateName(update)}</a>`;
}

/** The nodes on which it is in this state. */
export function resultHref({ digest }: UpdateName, state: ResultState): string {
  return nodesHref({ ...everyNode, update: shortDigest(digest), results: [state] });
}

/** The nodes that it is for, those where it went wrong first. By the whole digest: another one may begin alike. */
export function nodesOf({ digest }: UpdateName): NodeQuery {
  return { ...everyNode, update: digest, sort: 'result' };
}

function shortDigest(digest: string): string {
  return digest.slice(0, 16);
}
