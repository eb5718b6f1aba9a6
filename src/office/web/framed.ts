/** A page of somebody who is logged in. */
import type { Markup } from '../parts/markup.ts';
import { page, type Section } from '../parts/layout.ts';
import { formToken } from '../access/sessions.ts';
import type { User } from '../access/accounts.ts';
import { FerrymanError } from '../../errors.ts';
import type { Office, Visit } from './environment.ts';

export interface Framed {
  readonly title: string;
  readonly section: Section;
  readonly body: Markup;
  readonly hasCharts?: boolean;
}

export async function framed(
  visit: Visit,
  office: Office,
  { title, section, body, hasCharts }: Framed,
): Promise<Response> {
  return visit.html(
    page(
      {
        title,
        section,
        user: userOf(visit),
        formToken: formToken(visit.get('token')),
        now: visit.get('now'),
        version: office.version,
        hasCharts: hasCharts === true,
      },
      body,
    ),
  );
}

/** Behind the door there is always one. */
export function userOf(visit: Visit): User {
  const user = visit.get('user');
  if (!user) throw new FerrymanError('internal.bug', 'expected somebody who is logged in, found nobody');
  return user;
}

export function isOperator(visit: Visit): boolean {
  return userOf(visit).role === 'operator';
}

/** What is behind the `?`, without it. */
export function queryOf(visit: Visit): string {
  return new URL(visit.req.url).search.slice(1);
}
