/** On the node: takes an enrolment into use. Everything is checked before anything is changed, and one rename changes it. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FerrymanError } from '../errors.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { readKeyFile } from '../node/read-key-file.ts';
import { openBundle } from '../parcel/enrolment-bundle.ts';
import type { VerifiedFile } from '../store/verified-file.ts';
import { ensureAccount, openToNeighbours, type Account } from './flood-user.ts';
import { judgeBundle } from './judge-bundle.ts';
import { readKeptRoster } from './kept-roster.ts';
import { readNodeKeys } from './node-keys.ts';
import { readOwnEnrolment } from './own-node.ts';
import { enrolmentPlaces, sshNames } from './places.ts';
import { makeRevocationList, nothingRevoked } from './revocation-list.ts';
import { keyLine, publicKeyIn } from './ssh-certificate.ts';
import { certifiedSshFiles, sharedSshFiles } from './ssh-files.ts';
import { reverseOf } from './reverse.ts';
import { prepareSshFolder, type SshFile } from './ssh-folder.ts';
import { runSsh } from './ssh-keygen.ts';
import { sshdConfigText, type Credentials, type SshSettings } from './ssh-texts.ts';
import type { Trust } from '../verify/trust.ts';
import { verifyEnrolment } from '../verify/enrolled.ts';

export interface Installation {
  readonly layout: Layout;
  readonly config: Config;
  readonly trust: Trust;
  /** PATH in which neighbours' sessions find `ferryman`. */
  readonly path: string;
}

/**
 * Installs a bundle that was made for this node.
 *
 * @returns the serial
 * @throws FerrymanError `zip.*`, `manifest.*`, `enrolment.*`, `enrol.*`, `ssh.*`: nothing was changed
 */
export async function installBundle(file: VerifiedFile, installation: Installation): Promise<number> {
  const { layout, config, trust } = installation;
  const bundle = await openBundle(file.source, file.framing.eocdOffset);
  const { sshKeys } = enrolmentPlaces(layout);
  if (!existsSync(sshKeys))
    throw new FerrymanError('enrol.not-for-node', `${sshKeys}: expected the keys of a request, found none`);
  const kept = readKeptRoster(layout) ?? nothingRevoked;
  const fitting = judgeBundle(bundle, {
    guid: config.node.guid,
    role: config.node.role,
    identity: readKeyFile(layout.identityPublicKey),
    ssh: readNodeKeys(sshKeys),
    trust,
    revoked: kept.revoked,
    serial: readOwnEnrolment(layout)?.enrolment.serial ?? 0,
  });
  const account = await ensureAccount(config.flood.user, layout);
  const files = certifiedSshFiles(
    {
      ...fitting,
      userKey: readFileSync(join(sshKeys, sshNames.userKey)),
      hostKey: readFileSync(join(sshKeys, sshNames.hostKey)),
      revoked: await makeRevocationList(kept, fitting.ca),
    },
    settingsOf(installation, 'certificates'),
    account,
  );
  await publish(installation, account, { label: String(fitting.serial), files, credentials: 'certificates' });
  return fitting.serial;
}

/** What the base case has: one key for all nodes. */
export interface SharedKey {
  /** Secret key file of ssh-keygen, without a passphrase; its public half beside it, with `.pub`. */
  readonly file: string;
  /** Public key files of proxies, which have keys of their own. */
  readonly proxyKeyFiles: readonly string[];
  /** The line of an enrolment, by which this node signs its logs; `undefined`: it has none, and sends none. */
  readonly enrolment: string | undefined;
}

/** @throws FerrymanError `ssh.*`, `enrolment.*`, `enrol.*`; system errors: nothing was changed */
export async function installSharedKey(shared: SharedKey, installation: Installation): Promise<void> {
  const { layout, config, trust } = installation;
  if (shared.enrolment !== undefined) {
    const { node } = verifyEnrolment(shared.enrolment, trust);
    if (node !== config.node.guid)
      throw new FerrymanError('enrol.not-for-node', `the node: expected ${config.node.guid}, found ${node}`);
  }
  const account = await ensureAccount(config.flood.user, layout);
  const files = sharedSshFiles(
    {
      key: readFileSync(shared.file),
      publicKey: readPublic(`${shared.file}.pub`),
      proxyKeys: shared.proxyKeyFiles.map(readPublic),
      revoked: await makeRevocationList(nothingRevoked, undefined),
      enrolment: shared.enrolment === undefined ? undefined : `${shared.enrolment}\n`,
    },
    settingsOf(installation, 'shared-key'),
    account,
  );
  await publish(installation, account, { label: 'shared', files, credentials: 'shared-key' });
}

function readPublic(file: string): string {
  return keyLine(publicKeyIn(readFileSync(file, 'utf8'), file));
}

function settingsOf({ layout, config, path }: Installation, credentials: Credentials): SshSettings {
  const { sshPort: port, user, reverse } = config.flood;
  const waysBack = config.node.role === 'proxy' && credentials === 'certificates' ? reverseOf(reverse) : [];
  return { folder: enrolmentPlaces(layout).ssh, credentials, port, user, path, root: layout.root, waysBack };
}

interface Prepared {
  readonly label: string;
  readonly files: readonly SshFile[];
  readonly credentials: Credentials;
}

async function publish(
  installation: Installation,
  account: Account,
  { label, files, credentials }: Prepared,
): Promise<void> {
  const { layout } = installation;
  const folder = prepareSshFolder(layout, label, files);
  try {
    await checkServer(folder.path, settingsOf(installation, credentials));
    openToNeighbours(layout, account);
    folder.publish();
  } finally {
    folder.discard();
  }
}

/** sshd reads the files as they stand before they have their names: what it refuses must not be put in place of what works. */
async function checkServer(folder: string, settings: SshSettings): Promise<void> {
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 }); // sshd demands it, even to look at a configuration
  const file = join(folder, 'sshd_config.check');
  writeFileSync(file, sshdConfigText({ ...settings, folder }), { mode: 0o600 });
  try {
    await runSsh('sshd', ['-t', '-f', file]);
  } finally {
    rmSync(file);
  }
}
