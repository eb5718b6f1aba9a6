/** What stands around every page. */
import { html } from 'hono/html';
import type { User } from '../access/accounts.ts';
import { addresses } from '../assets/files.ts';
import { nothing, shown, type Markup } from './markup.ts';
import { exactly, iso } from './moment.ts';

export interface Frame {
  readonly title: string;
  /** Which of the links on top this page belongs to. */
  readonly section: Section;
  readonly user: User;
  readonly formToken: string;
  readonly now: number;
  readonly version: string;
  readonly hasCharts?: boolean;
}

const sections = [
  ['fleet', '/', 'Fleet'],
  ['updates', '/updates', 'Updates'],
  ['roads', '/roads', 'Roads'],
  ['alerts', '/alerts', 'Alerts'],
] as const;
export type Section = (typeof sections)[number][0] | 'users' | 'none';

export function page(frame: Frame, body: Markup): Markup {
  const { title, section, user, formToken, now, version, hasCharts } = frame;
  const links = user.role === 'operator' ? [...sections, ['users', '/users', 'Users'] as const] : sections;
  return document(
    title,
    html`<a class="skip" href="#main">Go to the content</a>
      <header class="top">
        <p class="brand">
          <a href="/">ferryman <span>office</span></a>
        </p>
        <nav aria-label="Sections">
          <ul>
            ${links.map(
              ([name, href, word]) =>
                html`<li>
                  <a href="${href}" ${name === section ? html`aria-current="page"` : ''}>${word}</a>
                </li>`,
            )}
          </ul>
        </nav>
        <form class="who" method="post" action="/logout">
          <input type="hidden" name="form" value="${formToken}" />
          <span>${user.name}, ${user.role}</span>
          <button class="quiet">Log out</button>
        </form>
      </header>
      <main id="main" tabindex="-1">${body}</main>
      <footer>
        <span
          >Facts as they stood at <time id="made" datetime="${iso(now)}">${exactly(now)}</time
          ><span id="old" role="status"></span
        ></span>
        <span>ferryman ${version}. Times are UTC.</span>
      </footer>`,
    hasCharts === true,
  );
}

/** Without a user: the login, and what is wrong. */
export function bare(title: string, body: Markup): Markup {
  return document(
    title,
    html`<main id="main" class="bare">
      <p class="brand">ferryman <span>office</span></p>
      ${body}
    </main>`,
    false,
  );
}

/** Leads on to a page of ours, as a page of ours. @param path begins with one slash */
export function onward(path: string): Markup {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="refresh" content="0;url=${path}" />
        <title>ferryman office</title>
        <link rel="stylesheet" href="${addresses.style}" />
      </head>
      <body>
        <main class="bare">
          <h1>ferryman office</h1>
          <p><a href="${path}">Go on</a></p>
        </main>
      </body>
    </html>`;
}

function document(title: string, body: Markup, hasCharts: boolean): Markup {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${shown(title)} – ferryman office</title>
        <link rel="icon" href="${addresses.icon}" type="image/svg+xml" />
        ${hasCharts ? html`<link rel="stylesheet" href="${addresses.chartStyle}" />` : nothing}
        <link rel="stylesheet" href="${addresses.style}" />
        ${hasCharts ? html`<script src="${addresses.charts}" defer></script>` : nothing}
        <script src="${addresses.script}" defer></script>
      </head>
      <body>
        ${body}
      </body>
    </html>`;
}
