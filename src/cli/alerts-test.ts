import { userInfo } from 'node:os';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { errorTable, FerrymanError } from '../errors.ts';
import { tryAlerts } from '../fleet/alerts/node-alerts.ts';
import { loadConfig } from '../node/config.ts';
import { json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const { alerts } = loadConfig(layout);
  const tested = await tryAlerts(alerts, userInfo().username);
  if (tested.length === 0)
    throw new FerrymanError(
      'alerts.no-roads',
      `${layout.configFile}: expected webhooks or mail addresses in [alerts], found none`,
    );
  if (flag(input, 'json')) json(io, { schema: 'ferryman.alerts-test/1', roads: tested });
  else io.out(tested.map(({ road, problem }) => `${road}: ${problem ?? 'taken'}\n`).join(''));
  return tested.some(({ problem }) => problem !== null) ? errorTable['alerts.failed'].exit : 0;
}
