/** Who may look at this page. An operator makes and removes users; a new password is set in a terminal. */
import type { Hono } from 'hono';
import { html } from 'hono/html';
import { FerrymanError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';
import { isUserName, type User } from '../access/accounts.ts';
import { newUser } from '../access/new-user.ts';
import { minPasswordCharacters } from '../access/password-hash.ts';
import { formToken } from '../access/sessions.ts';
import { listTable, type Column } from '../parts/list.ts';
import { nothing, type Markup } from '../parts/markup.ts';
import { moment } from '../parts/moment.ts';
import type { Office, OfficeEnv, Visit } from '../web/environment.ts';
import { framed, userOf } from '../web/framed.ts';
import { formOf, forOperators } from '../web/identify.ts';

export function userPages(app: Hono<OfficeEnv>, office: Office): void {
  app.get('/users', forOperators, async (visit) => usersPage(visit, office));
  app.post('/users', forOperators, async (visit) => {
    const { name = '', role = '', password = '' } = await formOf(visit);
    const user = await newUser(office.accounts, { name, role, password, now: visit.get('now') });
    tell(visit, office, `made the ${user.role} ${user.name}`);
    return visit.redirect('/users?saved=1', 303);
  });
  app.post('/users/:name/remove', forOperators, async (visit) => {
    const name = visit.req.param('name');
    if (name === userOf(visit).name)
      throw new FerrymanError(
        'office.user',
        'nobody removes themselves here: another operator can, or ferryman office-user remove',
      );
    if (!isUserName(name) || !(await office.accounts.removeUser(name)))
      throw new FerrymanError('office.user', `expected a user ${printable(name.slice(0, 40))}, found none`);
    tell(visit, office, `removed the user ${name}`);
    return visit.redirect('/users?saved=1', 303);
  });
}

function tell(visit: Visit, office: Office, what: string): void {
  office.tell({
    level: 'info',
    requestId: visit.get('requestId'),
    text: `${userOf(visit).name} has ${what}`,
  });
}

async function usersPage(visit: Visit, office: Office): Promise<Response> {
  const users = await office.accounts.users();
  const token = formToken(visit.get('token'));
  const body = html`<h1>Users</h1>
    ${visit.req.query('saved') === undefined ? nothing : html`<p class="done" role="status">Saved.</p>`}
    <section>
      ${listTable(columns(userOf(visit).name, token, visit.get('now')), users, { caption: 'Users', empty: 'None.' })}
      <p class="lead">
        A new password for somebody: <code>ferryman office-user password NAME</code> in a terminal of this
        machine.
      </p>
    </section>
    ${newUserForm(token)}`;
  return framed(visit, office, { title: 'Users', section: 'users', body });
}

function columns(self: string, token: string, now: number): readonly Column<User>[] {
  return [
    { heading: 'Name', value: ({ name }) => name },
    { heading: 'Role', value: ({ role }) => role },
    {
      heading: 'Since',
      value: () => null,
      cell: ({ createdAt }) => moment(createdAt, now),
      rank: 2,
    },
    {
      heading: 'Last login',
      value: () => null,
      cell: ({ lastLoginAt }) => moment(lastLoginAt, now),
    },
    {
      heading: 'Remove',
      value: () => null,
      cell: ({ name }) =>
        name === self
          ? html`<span class="faint">this is you</span>`
          : html`<form method="post" action="/users/${name}/remove">
              <input type="hidden" name="form" value="${token}" /><button
                class="grave"
                aria-label="Remove ${name}"
              >
                Remove
              </button>
            </form>`,
    },
  ];
}

function newUserForm(token: string): Markup {
  return html`<section aria-labelledby="new">
    <h2 id="new">Let somebody in</h2>
    <form class="edit" method="post" action="/users">
      <input type="hidden" name="form" value="${token}" />
      <label
        >Name
        <input
          name="name"
          required
          maxlength="32"
          pattern="[a-z][a-z0-9._\\-]*"
          autocapitalize="none"
          autocomplete="off"
      /></label>
      <label
        >Role
        <select name="role">
          <option value="reader">reader: looks</option>
          <option value="operator">operator: names, pauses, manages users</option>
        </select></label
      >
      <label
        >Password, ${minPasswordCharacters} characters or more
        <input
          type="password"
          name="password"
          required
          minlength="${minPasswordCharacters}"
          maxlength="1024"
          autocomplete="new-password"
      /></label>
      <button>Add</button>
    </form>
  </section>`;
}
