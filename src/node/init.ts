/**
 * Sets up a node: configuration, office keys, identity and state folders. The whole of `etc/ferryman` is made under
 * another name and then renamed, so a node is either set up or not.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { stringify } from 'smol-toml';
import { makeFolder, syncFolder, writeDurably } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { makeLedger } from '../ledger/open.ts';
import { formatPublicKey, type PublicKey } from '../parcel/public-key.ts';
import { formatSecretKey, makeKey, publicKeyOf } from '../parcel/secret-key.ts';
import type { NodeFacts } from '../plan/facts.ts';
import { checkTrust } from '../verify/trust.ts';
import { stateFolders, type Layout } from './layout.ts';
import { readKeyFile } from './read-key-file.ts';

export interface NodeSetup extends Omit<NodeFacts, 'guid'> {
  /** `undefined`: a random one (RFC 9562, version 4). */
  readonly guid: string | undefined;
  readonly officeKeyFiles: readonly string[];
  readonly threshold: number;
}

/**
 * Makes a node and returns its GUID. Nothing that exists is overwritten.
 *
 * @throws FerrymanError `init.exists`, `key.*`, `trust.*`, `source.missing`
 */
export function initNode(layout: Layout, setup: NodeSetup): string {
  const keys = setup.officeKeyFiles.map(readKeyFile);
  checkTrust({ keys, threshold: setup.threshold });
  if (existsSync(layout.etc) && readdirSync(layout.etc).length > 0) {
    throw new FerrymanError('init.exists', `${layout.etc}: expected no node here, found one`);
  }
  // The folders above are for all to pass through: neighbours are served by a user who is not root.
  for (const path of [layout.root, dirname(layout.state), dirname(layout.log)]) makeFolder(path, 0o755);
  for (const [path, mode] of stateFolders(layout)) makeFolder(path, mode);
  makeLedger(layout.ledgerFile).close();

  const guid = setup.guid ?? randomUUID();
  const drafts = join(dirname(layout.etc), `.${basename(layout.etc)}.init-`);
  sweepDrafts(drafts);
  const draft = `${drafts}${randomBytes(6).toString('hex')}`;
  try {
    writeEtc(draft, layout, { ...setup, guid }, keys);
    renameSync(draft, layout.etc);
  } catch (error) {
    if (isSystemError(error, 'ENOTEMPTY', 'EEXIST'))
      throw new FerrymanError('init.exists', `${layout.etc}: expected no node here, found one`, {
        cause: error,
      });
    throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  syncFolder(dirname(layout.etc));
  return guid;
}

/** An init that was cut off left its draft, with a secret key in it. @param drafts how their paths begin */
function sweepDrafts(drafts: string): void {
  const folder = dirname(drafts);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.startsWith(basename(drafts))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function writeEtc(
  draft: string,
  layout: Layout,
  setup: NodeSetup & { guid: string },
  keys: readonly PublicKey[],
): void {
  const inDraft = (path: string): string => join(draft, path.slice(layout.etc.length));
  const write = (path: string, text: string, mode: number): void =>
    writeDurably(inDraft(path), text, { mode, existing: 'refuse' });
  makeFolder(draft, 0o755);
  makeFolder(inDraft(layout.keys), 0o755);
  for (const key of keys) write(join(layout.keys, `${key.keyId}.pub`), formatPublicKey(key), 0o644);
  const identity = makeKey(randomBytes);
  write(layout.identityKey, formatSecretKey(identity, undefined, randomBytes), 0o600);
  write(layout.identityPublicKey, formatPublicKey(publicKeyOf(identity)), 0o644);
  write(layout.configFile, configText(setup), 0o644);
}

function configText({ guid, role, groups, baseline, threshold }: NodeSetup): string {
  const tables = stringify({ node: { guid, role, groups, baseline }, trust: { threshold } });
  return `# ferryman: the configuration of this node. docs/configuration.md has every key.\n\n${tables}`;
}
