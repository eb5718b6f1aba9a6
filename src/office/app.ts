/**
 * The office page as a whole: what every request passes, in this order, and the pages behind it. It holds no signing key and reaches no
 * node: whoever takes it over can read what the office knows, and change what people call things.
 */
import { Hono } from 'hono';
import { assetFile } from './assets/files.ts';
import { alertPages } from './pages/alerts.ts';
import { api } from './pages/api.ts';
import { fleetPage } from './pages/fleet.ts';
import { logSearchPage } from './pages/log-search.ts';
import { loginPages } from './pages/login.ts';
import { nodeDeeds } from './pages/node-forms.ts';
import { nodePage } from './pages/node.ts';
import { probes } from './pages/probes.ts';
import { roadPages } from './pages/roads.ts';
import { updatePage } from './pages/update.ts';
import { updatesPage } from './pages/updates.ts';
import { userPages } from './pages/users.ts';
import type { Office, OfficeEnv } from './web/environment.ts';
import { bodiesLimited, limited, numbered } from './web/gate.ts';
import { forUsers, fromElsewhere, fromOwnForms, identified } from './web/identify.ts';
import { failure, refusal } from './web/refusal.ts';

export function officeApp(office: Office): Hono<OfficeEnv> {
  const app = new Hono<OfficeEnv>();
  app.onError((error, visit) => failure(visit, office, error));
  app.notFound((visit) =>
    refusal(visit, { status: 404, title: 'There is no such page', text: 'The address leads nowhere here.' }),
  );
  app.use(numbered(office), limited(office), bodiesLimited);
  assets(app);
  app.use(identified(office), fromOwnForms(office), fromElsewhere);
  loginPages(app, office);
  probes(app, office);
  app.use(forUsers);
  fleetPage(app, office);
  updatesPage(app, office);
  updatePage(app, office);
  logSearchPage(app, office);
  nodePage(app, office);
  nodeDeeds(app, office);
  roadPages(app, office);
  alertPages(app, office);
  userPages(app, office);
  api(app, office);
  return app;
}

function assets(app: Hono<OfficeEnv>): void {
  app.get('/assets/:name', (visit) => {
    const file = assetFile(visit.req.path);
    if (!file) return visit.notFound();
    const { type, bytes, compressed } = file;
    visit.header('Cache-Control', 'public, max-age=31536000, immutable');
    visit.header('Content-Type', type);
    visit.header('Vary', 'Accept-Encoding');
    // Nothing secret is in them, so compressing them tells nothing; pages carry form tokens and are sent as they are (BREACH).
    if (!/\bgzip\b/.test(visit.req.header('accept-encoding') ?? '')) return visit.body(new Uint8Array(bytes));
    visit.header('Content-Encoding', 'gzip');
    return visit.body(new Uint8Array(compressed));
  });
}
