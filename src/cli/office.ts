import type { Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { version } from '../command-line/version.ts';
import { PartsAtWork } from '../controller/parts-at-work.ts';
import { alertRoads, makeAlertLoop, tryAlerts } from '../fleet/alerts/node-alerts.ts';
import { officeApp } from '../office/app.ts';
import { officeOver } from '../office/office-over.ts';
import type { Config } from '../node/config/read-config.ts';
import { serve } from '../office/serve.ts';
import { parseListen } from '../office/settings.ts';
import type { AlertOutcome, OfficeEvent } from '../office/web/environment.ts';
import { usageError } from '../command-line/values.ts';
import { daemonLog } from './daemon-log.ts';
import { atFleetOrNew } from './fleet-desk.ts';
import { accountsOf, nodeLogFolder } from './office-options.ts';

export function run(input: Input, io: Io): Promise<number> {
  return atFleetOrNew(input, io, async (desk) => {
    const listen = parseListen(desk.config.office.listen);
    if (!listen) throw usageError('office.listen: expected HOST:PORT');
    const log = daemonLog(desk.config.log, io);
    const tell = ({ level, requestId, text }: OfficeEvent): void =>
      log({ level, subject: requestId === '' ? 'office' : `office ${requestId}`, text });
    const { alerts: alertSettings } = desk.config;
    const office = officeOver(desk.store, desk.config.office, {
      version,
      tell,
      logFolder: (guid) => nodeLogFolder(desk.layout, guid),
      ...(alertRoads(alertSettings).length === 0 ? {} : { testAlert: () => testAlert(alertSettings) }),
    });
    const serving = await serve(officeApp(office), listen, { forwarded: desk.config.office.forwarded });
    const { address } = desk.config.office;
    const where = address === '' ? `http://${desk.config.office.listen}` : address;
    tell({ level: 'info', requestId: '', text: `serves ${where}, from ${desk.store.where}` });
    if ((await accountsOf(desk).users()).length === 0)
      tell({
        level: 'warning',
        requestId: '',
        text: 'nobody may log in yet: ferryman office-user add NAME --role operator',
      });
    const alerts = makeAlertLoop(desk.layout, desk.config, (level, text) =>
      tell({ level, requestId: '', text: `alerts: ${text}` }),
    );
    alerts.start();
    await stopped(io.stop);
    const parts = new PartsAtWork();
    const all = [parts.until('the page', serving.close()), parts.until('alerts', alerts.close())];
    await parts.end(
      Promise.all(all).then(() => undefined),
      io.stop,
    );
    return 0;
  });
}

async function testAlert(settings: Config['alerts']): Promise<AlertOutcome[]> {
  const tested = await tryAlerts(settings, 'the office page');
  return tested.map(({ road, problem }) => ({ to: road, ...(problem === null ? {} : { problem }) }));
}

function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
