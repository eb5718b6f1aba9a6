/** Answers that are not what was asked for: as a page, or as JSON for what asks the API. They tell what is wrong, and nothing of the inside. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { FerrymanError, isSystemError, type ErrorCode } from '../../errors.ts';
import { html } from 'hono/html';
import { bare } from '../parts/layout.ts';
import type { Office, Visit } from './environment.ts';

export interface Refusal {
  readonly status: ContentfulStatusCode;
  readonly title: string;
  readonly text: string;
  readonly hint?: string;
  readonly code?: string;
}

export function refusal(
  visit: Visit,
  { status, title, text, hint, code }: Refusal,
): Response | Promise<Response> {
  const requestId = visit.get('requestId');
  if (isForPrograms(visit.req.path)) {
    const error = { status, code: code ?? null, message: text, hint: hint ?? null, requestId };
    return visit.json({ schema: 'ferryman.error/1', error }, status);
  }
  const body = html`<h1>${title}</h1>
    <p>${text}</p>
    ${hint === undefined ? '' : html`<p>${hint}</p>`}
    <p><a href="/">Go to the fleet</a></p>
    <p class="faint">Request ${requestId}. The log of the office has the same number.</p>`;
  return visit.html(bare(title, body), status);
}

export function isForPrograms(path: string): boolean {
  return /^\/(?:api|metrics|healthz)(?:\/|$)/.test(path);
}

const statuses: Partial<Record<ErrorCode, readonly [ContentfulStatusCode, string]>> = {
  'usage.invalid': [400, 'This cannot be understood'],
  'fleet.unknown': [404, 'Not known here'],
  'fleet.ambiguous': [404, 'More than one'],
  'fleet.name': [400, 'This name cannot be taken'],
  'fleet.unreachable': [503, 'The fleet store cannot be reached'],
  'fleet.pattern': [400, 'This cannot be looked for'],
  'office.user': [400, 'This user cannot be made or removed'],
  'office.password': [400, 'This password cannot be taken'],
  'office.busy': [503, 'Too many at the door'],
};

/** @param thrown what a page threw */
export function failure(visit: Visit, office: Office, thrown: unknown): Response | Promise<Response> {
  const requestId = visit.get('requestId');
  // Whoever goes while sending is told nothing, and is no fault of ours: anybody could fill the log with it.
  if (isSystemError(thrown, 'ECONNRESET'))
    return refusal(visit, { status: 400, title: 'Broken off', text: 'The request has not come to its end.' });
  const [status, title] = (thrown instanceof FerrymanError && statuses[thrown.code]) || [];
  if (!(thrown instanceof FerrymanError) || status === undefined || title === undefined) {
    office.tell({
      level: 'error',
      requestId,
      text: `${visit.req.method} ${visit.req.path}: ${inFull(thrown)}`,
    });
    return refusal(visit, {
      status: 500,
      title: 'Something went wrong here',
      text: 'The page could not be made. Nothing was changed by looking at it.',
      hint: 'Try again. If it stays like this, the log of the office says more.',
    });
  }
  if (status === 503) {
    office.tell({ level: 'warning', requestId, text: thrown.message });
    visit.header('Retry-After', '10');
  }
  return refusal(visit, { status, title, text: thrown.message, hint: thrown.hint, code: thrown.code });
}

function inFull(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
