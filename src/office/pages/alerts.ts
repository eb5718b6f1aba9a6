/** Incidents: what people were told of, and what is over; and a test whether they can be told at all. */
import type { Hono } from 'hono';
import { html } from 'hono/html';
import { counted } from '../../command-line/counted.ts';
import { incidentFields } from '../../fleet/lists/fields.ts';
import { formToken } from '../access/sessions.ts';
import { columnsOf, exports, listTable, type Column } from '../parts/list.ts';
import { nothing, shown, type Markup } from '../parts/markup.ts';
import { moment } from '../parts/moment.ts';
import type { Incident } from '../records/incidents-in-store.ts';
import type { AlertOutcome, Office, OfficeEnv, Visit } from '../web/environment.ts';
import { framed, isOperator, userOf } from '../web/framed.ts';
import { forOperators } from '../web/identify.ts';

export const maxIncidents = 200;

export function alertPages(app: Hono<OfficeEnv>, office: Office): void {
  app.get('/alerts', async (visit) => alertPage(visit, office, nothing));
  app.post('/alerts/test', forOperators, async (visit) => {
    const told = (await office.testAlert?.()) ?? [];
    const requestId = visit.get('requestId');
    office.tell({ level: 'info', requestId, text: `${userOf(visit).name} has sent a test alert` });
    return alertPage(visit, office, outcomes(told));
  });
}

async function alertPage(visit: Visit, office: Office, above: Markup): Promise<Response> {
  const now = visit.get('now');
  const incidents = await office.incidents.list(maxIncidents);
  const open = incidents.filter(({ closedAt }) => closedAt === null);
  const body = html`<h1>Alerts</h1>
    <p class="lead">One alert when something begins, one when it is over, none in between.</p>
    ${above}
    <section class="${open.length === 0 ? 'calm' : 'urgent'}">
      <h2>${open.length === 0 ? 'Nothing is open' : counted(open.length, 'open incident')}</h2>
      ${listTable(incidentColumns(now), incidents, { caption: 'Incidents', empty: 'There was no incident yet.' })}
      ${exports('/api/v1/alerts', '')}
    </section>
    ${isOperator(visit) ? testForm(office, formToken(visit.get('token'))) : nothing}`;
  return framed(visit, office, { title: 'Alerts', section: 'alerts', body });
}

function testForm({ testAlert }: Office, token: string): Markup {
  return html`<section>
    <h2>Would you be told?</h2>
    ${
      testAlert
        ? html`<p>A test alert goes to everybody who is told of incidents, at once, quiet hours or not.</p>
            <form method="post" action="/alerts/test">
              <input type="hidden" name="form" value="${token}" /><button>Send a test alert</button>
            </form>`
        : html`<p>
            Nobody is told of incidents yet: name a webhook or an address in the table
            <code>[alerts]</code> of the configuration.
          </p>`
    }
  </section>`;
}

function outcomes(told: readonly AlertOutcome[]): Markup {
  if (told.length === 0)
    return html`<p class="wrong" role="alert">Nobody is told of incidents: nothing was sent.</p>`;
  return html`${told.map(({ to, problem }) =>
    problem === undefined
      ? html`<p class="done" role="status">${shown(to)} has taken the test alert.</p>`
      : html`<p class="wrong" role="alert">${shown(to)} has not taken it: ${shown(problem)}</p>`,
  )}`;
}

function incidentColumns(now: number): readonly Column<Incident>[] {
  return columnsOf(incidentFields, {
    kind: { cell: ({ kind }) => shown(kind) },
    text: {
      cell: (incident) =>
        html`${shown(incident.text)}${incident.count > 1 ? html`<span class="sub">${counted(incident.count, 'node')}</span>` : nothing}
          <span class="sub narrow"
            >${incident.closedAt === null ? '' : 'over: '}${ended(incident, now)}; began:
            ${began(incident, now)}</span
          >`,
    },
    sinceAt: { cell: (incident) => began(incident, now), rank: 2 },
    closedAt: { cell: (incident) => ended(incident, now), rank: 2 },
    toldAt: { cell: ({ toldAt }) => (toldAt === null ? 'not yet' : moment(toldAt, now)), rank: 2 },
  });
}

function began({ sinceAt, openedAt }: Incident, now: number): Markup {
  return sinceAt === null ? html`noticed ${moment(openedAt, now)}` : moment(sinceAt, now);
}

function ended({ closedAt }: Incident, now: number): Markup {
  return closedAt === null ? html`<b>open</b>` : moment(closedAt, now);
}
