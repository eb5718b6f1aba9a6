/** What the commands of the office share beside the desk of the fleet. */
import { join } from 'node:path';
import { text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { chooseNewPassphrase } from '../command-line/passphrase.ts';
import type { Layout } from '../node/layout.ts';
import type { Accounts } from '../office/access/accounts.ts';
import { accountsInStore } from '../office/records/accounts-in-store.ts';
import { proxyPlaces } from '../proxy/places.ts';
import type { FleetDesk } from './fleet-desk.ts';

export function accountsOf({ store, config }: FleetDesk): Accounts {
  return accountsInStore(store, config.office.sessionHours * 3_600_000);
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
