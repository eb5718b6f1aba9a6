/** What the commands of the office share. */
import { join } from 'node:path';
import { text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { chooseNewPassphrase } from '../command-line/passphrase.ts';
import { openFleetStore, openFleetStoreThatIs, type FleetStore } from '../fleet/store/open-store.ts';
import { loadConfig } from '../node/config.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import type { Accounts } from '../office/access/accounts.ts';
import { accountsInStore } from '../office/records/accounts-in-store.ts';
import { proxyPlaces } from '../proxy/places.ts';
import { layoutOf } from './options.ts';

export interface OfficeDesk {
  readonly config: Config;
  readonly layout: Layout;
  readonly store: FleetStore;
  readonly accounts: Accounts;
}

/** Opens the fleet store for `work`, or makes it, and closes it. @throws FerrymanError as `loadConfig`, `openFleetStore` */
export function atNewDesk<Result>(
  input: Input,
  io: Io,
  work: (desk: OfficeDesk) => Promise<Result>,
): Promise<Result> {
  return withStore(input, io, { open: openFleetStore, work });
}

/** The same with a store that is there. @throws FerrymanError as `loadConfig`, `openFleetStoreThatIs` */
export function atDesk<Result>(
  input: Input,
  io: Io,
  work: (desk: OfficeDesk) => Promise<Result>,
): Promise<Result> {
  return withStore(input, io, { open: openFleetStoreThatIs, work });
}

async function withStore<Result>(
  input: Input,
  io: Io,
  { open, work }: { open: typeof openFleetStore; work: (desk: OfficeDesk) => Promise<Result> },
): Promise<Result> {
  const layout = layoutOf(input, io);
  const config = loadConfig(layout);
  const store = await open({ store: config.fleet.store, file: layout.fleetFile });
  try {
    const accounts = accountsInStore(store, config.office.sessionHours * 3_600_000);
    return await work({ config, layout, store, accounts });
  } finally {
    await store.close();
  }
}

export function newPassword(input: Input, io: Io, name: string): Promise<string> {
  return chooseNewPassphrase(text(input, 'passwordFile'), io, {
    what: 'password',
    prompt: `password for ${name}`,
  });
}

/** Where the proxy of this machine unpacks the logs of a node. */
export function nodeLogFolder(layout: Layout, guid: string): string {
  return join(proxyPlaces(layout).unpacked, guid);
}
