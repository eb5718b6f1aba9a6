/** What programs look at: `/healthz` and `/metrics`. Who may is configured. */
import type { Hono, MiddlewareHandler } from 'hono';
import { FerrymanError } from '../../errors.ts';
import { metricsInTurn, metricsType } from '../metrics.ts';
import type { Office, OfficeEnv } from '../web/environment.ts';
import { inParts } from '../web/in-parts.ts';
import { forUsers } from '../web/identify.ts';
import { isFromThisMachine } from '../web/sender.ts';

export function probes(app: Hono<OfficeEnv>, office: Office): void {
  app.use('/healthz', forProbes(office));
  app.use('/metrics', forProbes(office));
  app.get('/healthz', async (visit) => {
    try {
      const { isStale } = await office.questions.freshness(visit.get('now'));
      return visit.text(`ok\n${isStale ? 'stale: nothing has come in for long\n' : ''}`);
    } catch (error) {
      if (!(error instanceof FerrymanError) || error.code !== 'fleet.unreachable') throw error;
      return visit.text('the fleet store cannot be reached\n', 503);
    }
  });
  app.get('/metrics', async (visit) => {
    const parts = metricsInTurn(office.questions, visit.get('now'), office.version);
    return inParts(visit, office, parts, { 'Content-Type': metricsType });
  });
}

function forProbes({ settings: { probes: who } }: Office): MiddlewareHandler<OfficeEnv> {
  return async (visit, next) => {
    if (who === 'everybody' || (who === 'loopback' && isFromThisMachine(visit))) return next();
    return forUsers(visit, next);
  };
}
