/** The unprivileged user who serves neighbours and fetches from them, and what it may reach. */
import { chmodSync, chownSync, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { makeFolder } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';
import { systemPath } from '../host/system-path.ts';
import { endpointFolder } from '../endpoint/own-folder.ts';
import type { Layout } from '../node/layout.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** `undefined`: no such user. Asked of the system, which may keep users elsewhere than in a file. */
export async function findAccount(user: string): Promise<Account | undefined> {
  const { exitCode, stdout } = await execa('getent', ['passwd', user], {
    reject: false,
    stdin: 'ignore',
    env: { PATH: systemPath },
    extendEnv: false,
  });
  const [, , uid, gid] = stdout.split(':');
  return exitCode === 0 ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/**
 * Makes the user where the machine has none; a node below another root only looks, since users are the machine's.
 *
 * It has no password, which is not the same as a locked one: sshd lets nobody in to a locked account.
 *
 * @throws FerrymanError `enrol.no-user`
 */
export async function ensureAccount(user: string, { root }: Layout): Promise<Account> {
  const found = await findAccount(user);
  if (found) return found;
  const useradd = ['--system', '--user-group', '--no-create-home', '--home-dir', '/', '--shell', '/bin/sh'];
  const made =
    root === '/'
      ? await execa('useradd', [...useradd, '--password', '*', user], {
          reject: false,
          stdin: 'ignore',
          env: { PATH: systemPath },
          extendEnv: false,
        })
      : undefined;
  const account = await findAccount(user);
  if (!account)
    throw new FerrymanError(
      'enrol.no-user',
      `expected the user ${user} (flood.user in config.toml), found none${made?.stderr ? `: ${made.stderr.trim()}` : ''}`,
    );
  return account;
}

/**
 * Lets the user, and nobody else, read what neighbours may have; the rest of the state stays root's. Harmless to repeat: call it at each start.
 *
 * The folders are the fence: files in them may be readable by all.
 */
export function openToNeighbours(layout: Layout, { uid, gid }: Account): void {
  closeFiles(layout.state);
  chownSync(layout.state, 0, gid);
  chmodSync(layout.state, 0o710);
  // Below another root the folders in between are ours too, and were made for root alone.
  for (let folder = dirname(layout.state); folder.length > layout.root.length; folder = dirname(folder))
    chmodSync(folder, statSync(folder).mode | 0o011);
  const { relay, relayUpdates, relayAcks, relayLogs, homeward, homewardLogs } = layout;
  for (const folder of [relay, relayUpdates, relayAcks, homeward]) makeFolder(folder, 0o750);
  // Where logs stand depends on the role: a gateway has none in what it relays.
  for (const folder of [relay, relayUpdates, relayAcks, relayLogs, homeward, homewardLogs]) {
    if (!existsSync(folder)) continue;
    chownSync(folder, 0, gid);
    chmodSync(folder, 0o750);
  }
  const own = endpointFolder(layout);
  makeFolder(own, 0o700);
  chownSync(own, uid, gid);
}

/** The ledger and the locks: who can read a lock of SQLite can hold it. Until now the folder kept others away from them. */
function closeFiles(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isFile()) chmodSync(join(folder, entry.name), 0o600);
}
