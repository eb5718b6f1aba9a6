import type { Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { version } from '../command-line/version.ts';
import { alertRoads, makeAlertLoop, tryAlerts } from '../fleet/alerts/node-alerts.ts';
import { fleetChanges } from '../fleet/questions/changes.ts';
import { fleetQuestions } from '../fleet/questions/fleet-questions.ts';
import { Door } from '../office/access/door.ts';
import { Sessions } from '../office/access/sessions.ts';
import { officeApp } from '../office/app.ts';
import type { AlertOutcome } from '../office/pages/alerts.ts';
import { incidentsInStore } from '../office/records/incidents-in-store.ts';
import { serve } from '../office/serve.ts';
import { parseListen } from '../office/settings.ts';
import type { Office, OfficeEvent } from '../office/web/environment.ts';
import { usageError } from '../command-line/values.ts';
import { daemonLog } from './daemon-log.ts';
import { atDesk, nodeLogFolder, type OfficeDesk } from './office-options.ts';

export function run(input: Input, io: Io): Promise<number> {
  return atDesk(input, io, async (desk) => {
    const listen = parseListen(desk.config.office.listen);
    if (!listen) throw usageError('office.listen: expected HOST:PORT');
    const log = daemonLog(desk.config.log, io);
    const tell = ({ level, requestId, text }: OfficeEvent): void =>
      log({ level, subject: requestId === '' ? 'office' : `office ${requestId}`, text });
    const serving = await serve(officeApp(officeAt(desk, tell)), listen);
    const { address } = desk.config.office;
    const where = address === '' ? `http://${desk.config.office.listen}` : address;
    tell({ level: 'info', requestId: '', text: `serves ${where}, from ${desk.store.where}` });
    if ((await desk.accounts.users()).length === 0)
      tell({
        level: 'warning',
        requestId: '',
        text: 'nobody may log in yet: ferryman office-user add NAME --role operator',
      });
    const alerts = makeAlertLoop(desk.layout, desk.config, (level, text) =>
      tell({ level, requestId: '', text: `alerts: ${text}` }),
    );
    alerts?.start();
    await stopped(io.stop);
    await Promise.all([serving.close(), alerts?.close()]);
    return 0;
  });
}

function officeAt({ config, layout, store, accounts }: OfficeDesk, tell: Office['tell']): Office {
  const { idleMinutes, sessionHours } = config.office;
  return {
    settings: config.office,
    questions: fleetQuestions(store),
    changes: fleetChanges(store),
    accounts,
    sessions: new Sessions(accounts, { idleMs: idleMinutes * 60_000, absoluteMs: sessionHours * 3_600_000 }),
    door: new Door(accounts),
    incidents: incidentsInStore(store),
    ...(alertRoads(config.alerts).length === 0 ? {} : { testAlert: () => testAlert(config) }),
    searches: new Set(),
    logFolder: (guid) => nodeLogFolder(layout, guid),
    version,
    clock: Date.now,
    tell,
  };
}

async function testAlert({ alerts }: OfficeDesk['config']): Promise<AlertOutcome[]> {
  const tested = await tryAlerts(alerts, 'the office page');
  return tested.map(({ road, problem }) => ({ to: road, ...(problem === null ? {} : { problem }) }));
}

function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
