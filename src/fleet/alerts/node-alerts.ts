/** Alerts as the configuration of a machine wants them: for the daemon of a proxy, the page of the office, and commands. */
import { randomBytes } from 'node:crypto';
import type { Config } from '../../node/config/read-config.ts';
import type { Layout } from '../../node/layout.ts';
import { openFleetStore } from '../store/open-store.ts';
import {
  AlertLoop,
  testAlert,
  type AlertSettings,
  type AlertSurroundings,
  type Tested,
} from './alert-loop.ts';
import { minutesOf } from './quiet-hours.ts';
import { mailRoad } from './roads/mail.ts';
import type { AlertRoad } from './roads/road.ts';
import { webhookRoad } from './roads/webhook.ts';
import { storeSource } from './store-source.ts';

type AlertConfig = Config['alerts'];

/** Where nobody is to be told it judges too: what it finds is listed. */
export function makeAlertLoop(
  layout: Pick<Layout, 'fleetFile'>,
  { alerts, fleet, office }: Pick<Config, 'alerts' | 'fleet' | 'office'>,
  tell: AlertSurroundings['tell'],
): AlertLoop {
  return new AlertLoop({
    openStore: () => openFleetStore({ store: fleet.store, file: layout.fleetFile }),
    sourceOf: storeSource,
    roads: alertRoads(alerts),
    settings: { ...alertSettings(alerts), page: office.address },
    holder: randomBytes(8).toString('hex'),
    nowMs: () => Date.now(),
    tell,
  });
}

/** Sends a test to every road. @param who asks for it. @returns what each said; nothing where there is no road */
export function tryAlerts(alerts: AlertConfig, who: string): Promise<Tested[]> {
  return testAlert(alertRoads(alerts), who, `ferryman-test-${randomBytes(8).toString('hex')}`);
}

/** An address that is given twice is one road. */
export function alertRoads(alerts: AlertConfig): AlertRoad[] {
  const { webhooks, mailTo, mailFrom } = alerts;
  const hooks = [...new Set(webhooks)].map((address) => webhookRoad(address));
  return mailTo.length === 0 ? hooks : [...hooks, mailRoad({ ...alerts, to: mailTo, from: mailFrom })];
}

function alertSettings({
  quietFrom,
  quietUntil,
  timeZone,
  ...rest
}: AlertConfig): Omit<AlertSettings, 'page'> {
  const [from, until] = [minutesOf(quietFrom), minutesOf(quietUntil)];
  const quietHours = from === undefined || until === undefined ? undefined : { from, until, timeZone };
  return { ...rest, quietHours };
}
