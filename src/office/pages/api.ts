/**
 * The JSON API and every list as CSV: the same questions, filters and login as the pages. Reads only. Documented in docs/json.md.
 */
import type { Hono } from 'hono';
import type { UpdateLine } from '../../fleet/facts/update.ts';
import { parseNodeQuery, parsePage, type Page } from '../../fleet/node-query.ts';
import { csvInTurn, toCsv } from '../../fleet/lists/csv.ts';
import {
  historyFields,
  incidentFields,
  needFields,
  nodeFields,
  roadFields,
  updateFields,
  type Fields,
} from '../../fleet/lists/fields.ts';
import { iso } from '../parts/moment.ts';
import type { Office, OfficeEnv, Visit } from '../web/environment.ts';
import { queryOf } from '../web/framed.ts';
import { inParts } from '../web/in-parts.ts';
import { asJson } from '../../fleet/as-json.ts';
import { maxIncidents } from './alerts.ts';
import { findLines, parseLogQuery } from './log-search.ts';
import { parseRoadQuery } from './roads.ts';

/** Updates that are asked for at a time while a CSV is made. */
const updatesAtOnce = 250;
/** A CSV has all of a list. */
const everyLine: Page = { page: 1, size: 1_000_000_000 };

export function api(app: Hono<OfficeEnv>, office: Office): void {
  const { questions } = office;
  app.get('/api/v1/overview', async (visit) =>
    answer(visit, 'overview', await questions.overview(visit.get('now'))),
  );
  app.get('/api/v1/needs', async (visit) =>
    answer(visit, 'needs', { needs: await questions.needsPerson(visit.get('now')) }),
  );
  app.get('/api/v1/nodes', async (visit) => {
    const query = parseNodeQuery(queryOf(visit));
    const { total, portions } = await questions.nodesInTurn(query, visit.get('now'));
    return answerInTurn(visit, office, { name: 'nodes', head: { query, total }, portions });
  });
  app.get('/api/v1/nodes/:who', async (visit) =>
    answer(visit, 'node', await questions.node(visit.req.param('who'), visit.get('now'))),
  );
  app.get('/api/v1/nodes/:who/history', async (visit) => {
    const { guid, name, history } = await questions.node(visit.req.param('who'), visit.get('now'));
    return answer(visit, 'history', { guid, name, history });
  });
  app.get('/api/v1/nodes/:who/key', async (visit) =>
    answer(visit, 'key', await questions.keyFor(visit.req.param('who'), visit.get('now'))),
  );
  app.get('/api/v1/nodes/:who/logs', async (visit) => {
    const { guid } = await questions.node(visit.req.param('who'), visit.get('now'));
    return answer(visit, 'logs', await findLines(visit, office, guid, parseLogQuery(queryOf(visit))));
  });
  app.get('/api/v1/updates', async (visit) =>
    answer(visit, 'updates', await questions.updates(pageOf(visit))),
  );
  app.get('/api/v1/updates/:which', async (visit) =>
    answer(visit, 'update', await questions.update(visit.req.param('which'), visit.get('now'))),
  );
  app.get('/api/v1/roads', async (visit) => {
    const { total, portions } = await questions.roadsInTurn(parseRoadQuery(queryOf(visit)));
    return answerInTurn(visit, office, { name: 'roads', head: { total }, portions });
  });
  app.get('/api/v1/alerts', async (visit) =>
    answer(visit, 'alerts', { incidents: await office.incidents.list(maxIncidents) }),
  );
  csvLists(app, office);
}

function csvLists(app: Hono<OfficeEnv>, office: Office): void {
  const { questions, incidents } = office;
  app.get('/api/v1/nodes.csv', async (visit) => {
    const query = parseNodeQuery(queryOf(visit));
    const now = visit.get('now');
    const { portions } = await questions.nodesInTurn({ ...query, ...everyLine }, now);
    return csvInParts(visit, office, { name: 'nodes', fields: nodeFields, portions });
  });
  app.get('/api/v1/updates.csv', async (visit) => {
    return csvInParts(visit, office, {
      name: 'updates',
      fields: updateFields,
      portions: updatesInTurn(office),
    });
  });
  app.get('/api/v1/roads.csv', async (visit) => {
    const query = parseRoadQuery(queryOf(visit));
    const { portions } = await questions.roadsInTurn({ ...query, ...everyLine });
    return csvInParts(visit, office, { name: 'roads', fields: roadFields, portions });
  });
  app.get('/api/v1/needs.csv', async (visit) =>
    csv(visit, 'needs', toCsv(needFields, await questions.needsPerson(visit.get('now')))),
  );
  app.get('/api/v1/alerts.csv', async (visit) =>
    csv(visit, 'alerts', toCsv(incidentFields, await incidents.list(maxIncidents))),
  );
  app.get('/api/v1/nodes/:who/history.csv', async (visit) => {
    const { history } = await questions.node(visit.req.param('who'), visit.get('now'));
    return csv(visit, 'history', toCsv(historyFields, history));
  });
}

function pageOf(visit: Visit): Page {
  return parsePage(visit.req.query('page'), visit.req.query('size'));
}

function answer(visit: Visit, name: string, facts: object): Response {
  const head = { schema: `ferryman.office-${name}/1`, at: iso(visit.get('now')) };
  return visit.body(`${JSON.stringify({ ...head, ...asJson(facts) })}\n`, 200, {
    'Content-Type': 'application/json; charset=utf-8',
  });
}

/** As {@link answer}, of a list that may be long; `name` is its key as well. */
function answerInTurn<Line extends object>(
  visit: Visit,
  office: Office,
  { name, head, portions }: { name: string; head: object; portions: AsyncIterable<readonly Line[]> },
): Promise<Response> {
  const facts = {
    schema: `ferryman.office-${name}/1`,
    at: iso(visit.get('now')),
    ...asJson(head),
    [name]: [],
  };
  return inParts(visit, office, jsonInTurn(JSON.stringify(facts), portions), {
    'Content-Type': 'application/json; charset=utf-8',
  });
}

/** @param empty a JSON object that ends in an empty list: what comes goes into it */
async function* jsonInTurn<Line extends object>(
  empty: string,
  portions: AsyncIterable<readonly Line[]>,
): AsyncGenerator<string> {
  let before = empty.slice(0, -2);
  for await (const lines of portions) {
    if (lines.length === 0) continue;
    yield `${before}${lines.map((line) => JSON.stringify(asJson(line))).join()}`;
    before = ',';
  }
  yield `${before === ',' ? '' : before}]}\n`;
}

async function* updatesInTurn({ questions }: Office): AsyncGenerator<readonly UpdateLine[]> {
  for (let page = 1; ; page++) {
    const { updates, total } = await questions.updates({ page, size: updatesAtOnce });
    yield updates;
    if (page * updatesAtOnce >= total) return;
  }
}

function csvInParts<Row extends object>(
  visit: Visit,
  office: Office,
  list: {
    readonly name: string;
    readonly fields: Fields<Row>;
    readonly portions: AsyncIterable<readonly Row[]>;
  },
): Promise<Response> {
  return inParts(visit, office, csvInTurn(list.fields, list.portions), csvHeaders(visit, list.name));
}

function csv(visit: Visit, name: string, text: string): Response {
  return visit.body(text, 200, csvHeaders(visit, name));
}

function csvHeaders(visit: Visit, name: string): Record<string, string> {
  const day = iso(visit.get('now')).slice(0, 10);
  return {
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': `attachment; filename="ferryman-${name}-${day}.csv"`,
  };
}
