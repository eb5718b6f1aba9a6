/**
 * The JSON API and every list as CSV: the same questions, filters and login as the pages. Reads only. Documented in docs/json.md.
 */
import type { Hono } from 'hono';
import type { NodeLine } from '../../fleet/facts/node.ts';
import type { RoadLine } from '../../fleet/facts/roads.ts';
import type { UpdateLine } from '../../fleet/facts/update.ts';
import { parseNodeQuery, parsePage, type Page } from '../../fleet/node-query.ts';
import { csvRows, toCsv } from '../../fleet/lists/csv.ts';
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
import { asJson } from '../../fleet/as-json.ts';
import { maxIncidents } from './alerts.ts';
import { findLines, parseLogQuery } from './log-search.ts';
import { parseRoadQuery } from './roads.ts';

/** Lines that are asked for at a time while a CSV is made. */
const linesAtOnce = 1000;

export function api(app: Hono<OfficeEnv>, office: Office): void {
  const { questions } = office;
  app.get('/api/v1/overview', async (visit) =>
    answer(visit, 'overview', await questions.overview(visit.get('now'))),
  );
  app.get('/api/v1/needs', async (visit) =>
    answer(visit, 'needs', { needs: await questions.needsPerson(visit.get('now')) }),
  );
  app.get('/api/v1/nodes', async (visit) =>
    answer(visit, 'nodes', await questions.nodes(parseNodeQuery(queryOf(visit)), visit.get('now'))),
  );
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
  app.get('/api/v1/roads', async (visit) =>
    answer(visit, 'roads', await questions.roads(parseRoadQuery(queryOf(visit)))),
  );
  app.get('/api/v1/alerts', async (visit) =>
    answer(visit, 'alerts', { incidents: await office.incidents.list(maxIncidents) }),
  );
  csvLists(app, office);
}

function csvLists(app: Hono<OfficeEnv>, { questions, incidents }: Office): void {
  app.get('/api/v1/nodes.csv', async (visit) => {
    const query = parseNodeQuery(queryOf(visit));
    const now = visit.get('now');
    return csvOf<NodeLine>(visit, 'nodes', nodeFields, async (page) => {
      const { nodes, total } = await questions.nodes({ ...query, ...page }, now);
      return { rows: nodes, total };
    });
  });
  app.get('/api/v1/updates.csv', async (visit) =>
    csvOf<UpdateLine>(visit, 'updates', updateFields, async (page) => {
      const { updates, total } = await questions.updates(page);
      return { rows: updates, total };
    }),
  );
  app.get('/api/v1/roads.csv', async (visit) => {
    const query = parseRoadQuery(queryOf(visit));
    return csvOf<RoadLine>(visit, 'roads', roadFields, async (page) => {
      const { roads, total } = await questions.roads({ ...query, ...page });
      return { rows: roads, total };
    });
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

type Ask<Row> = (page: Page) => Promise<{ readonly rows: readonly Row[]; readonly total: number }>;

/** All pages of a list, one after the other. */
async function csvOf<Row extends object>(
  visit: Visit,
  name: string,
  fields: Fields<Row>,
  ask: Ask<Row>,
): Promise<Response> {
  const first = await ask({ page: 1, size: linesAtOnce });
  const parts = [toCsv(fields, first.rows)];
  for (let page = 2; (page - 1) * linesAtOnce < first.total; page++) {
    const { rows } = await ask({ page, size: linesAtOnce });
    parts.push(csvRows(fields, rows));
  }
  return csv(visit, name, parts.join(''));
}

function csv(visit: Visit, name: string, text: string): Response {
  const day = iso(visit.get('now')).slice(0, 10);
  return visit.body(text, 200, {
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': `attachment; filename="ferryman-${name}-${day}.csv"`,
  });
}
