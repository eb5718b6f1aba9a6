/** Logging in and out. */
import type { Hono } from 'hono';
import { html } from 'hono/html';
import { formToken, isToken, newToken } from '../access/sessions.ts';
import { bare } from '../parts/layout.ts';
import { nothing, type Markup } from '../parts/markup.ts';
import type { Office, OfficeEnv, Visit } from '../web/environment.ts';
import { formOf, giveToken } from '../web/identify.ts';
import { ownPath } from '../web/own-path.ts';
import { senderAddress } from '../web/sender.ts';

export function loginPages(app: Hono<OfficeEnv>, office: Office): void {
  app.get('/login', async (visit) => {
    const to = ownPath(visit.req.query('to') ?? '');
    if (visit.get('user')) return visit.redirect(to, 303);
    return loginForm(visit, office, { to });
  });
  app.post('/login', async (visit) => enter(visit, office));
  app.post('/logout', async (visit) => {
    await office.sessions.close(visit.get('token'));
    giveToken(visit, office.settings, newToken());
    return visit.redirect('/login', 303);
  });
}

async function enter(visit: Visit, office: Office): Promise<Response> {
  const { name = '', password = '', to = '' } = await formOf(visit);
  const address = senderAddress(visit, office.settings);
  const requestId = visit.get('requestId');
  const entry = await office.door.enter({ name, password, address }, visit.get('now'));
  const opened = 'user' in entry ? await office.sessions.open(entry.user, visit.get('now')) : undefined;
  if ('user' in entry && opened !== undefined) {
    // What the browser came with is worth nothing from here on: whoever planted it is not logged in.
    await office.sessions.close(visit.get('token'));
    giveToken(visit, office.settings, opened);
    office.tell({ level: 'info', requestId, text: `${entry.user.name} has logged in from ${address}` });
    return visit.redirect(ownPath(to), 303);
  }
  const refused = 'user' in entry ? 'wrong' : entry.refused;
  office.tell({ level: 'warning', requestId, text: `a login from ${address} was refused: ${refused}` });
  if ('refused' in entry && entry.refused === 'wait') {
    const seconds = Math.ceil(entry.waitMs / 1000);
    visit.header('Retry-After', String(seconds));
    return loginForm(visit, office, { to: ownPath(to), name, status: 429, wrong: tooOften(seconds) });
  }
  const wrong = 'The name is not known, or the password is wrong.';
  return loginForm(visit, office, { to: ownPath(to), name, status: 401, wrong });
}

function tooOften(seconds: number): string {
  return `Too many tries. Wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'}, then try again.`;
}

interface LoginForm {
  readonly to: string;
  readonly name?: string;
  readonly wrong?: string;
  readonly status?: 200 | 401 | 429;
}

async function loginForm(visit: Visit, office: Office, form: LoginForm): Promise<Response> {
  // One for all tabs that show the login: a form in another one stays good.
  const token = isToken(visit.get('token')) ? visit.get('token') : newToken();
  giveToken(visit, office.settings, token);
  const users = await office.accounts.users();
  return visit.html(
    bare('Log in', users.length === 0 ? nobodyYet : loginBody(form, formToken(token))),
    form.status ?? 200,
  );
}

const nobodyYet: Markup = html`<h1>Nobody can log in yet</h1>
  <p>Make the first user in a terminal of this machine, as root:</p>
  <pre>ferryman office-user add NAME --role operator</pre>
  <p>It asks for a password. Then load this page again.</p>`;

function loginBody({ to, name = '', wrong }: LoginForm, token: string): Markup {
  return html`<h1>Log in</h1>
    ${wrong === undefined ? nothing : html`<p class="wrong" role="alert">${wrong}</p>`}
    <form class="login" method="post" action="/login">
      <input type="hidden" name="form" value="${token}" />
      <input type="hidden" name="to" value="${to}" />
      <label
        >Name
        <input
          name="name"
          value="${name}"
          autocomplete="username"
          required
          maxlength="64"
          autocapitalize="none"
          spellcheck="false"
          ${name === '' ? 'autofocus' : ''}
      /></label>
      <label
        >Password
        <input
          type="password"
          name="password"
          autocomplete="current-password"
          required
          maxlength="1024"
          ${name === '' ? '' : 'autofocus'}
      /></label>
      <button>Log in</button>
    </form>`;
}
