/** The node's own ssh keys: one to call neighbours, one by which it is known as a host. The folder appears with both, or not at all. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, syncFolder } from '../durable/write-file.ts';
import { isSystemError } from '../errors.ts';
import { sshNames } from './places.ts';
import { publicKeyIn } from './ssh-certificate.ts';
import { runSsh } from './ssh-keygen.ts';
import { syncFiles } from './sync-files.ts';

/** Public halves, base64 as a request names them. */
export interface NodeSshKeys {
  readonly user: string;
  readonly host: string;
}

/** Makes the keys where there are none yet. @throws FerrymanError `ssh.*` */
export async function ensureNodeKeys(folder: string): Promise<NodeSshKeys> {
  if (!existsSync(folder)) await makeNodeKeys(folder);
  return readNodeKeys(folder);
}

async function makeNodeKeys(folder: string): Promise<void> {
  const draft = `${folder}.${randomBytes(6).toString('hex')}`;
  try {
    makeFolder(draft, 0o700);
    const names = [sshNames.userKey, sshNames.hostKey];
    for (const name of names)
      await runSsh('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(draft, name)]);
    syncFiles(
      draft,
      names.flatMap((name) => [name, `${name}.pub`]),
    );
    renameSync(draft, folder);
    syncFolder(dirname(folder));
  } catch (error) {
    // Somebody else has made them meanwhile: those count.
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** @throws FerrymanError `ssh.malformed`; system errors */
export function readNodeKeys(folder: string): NodeSshKeys {
  const read = (name: string): string => {
    const file = join(folder, `${name}.pub`);
    return publicKeyIn(readFileSync(file, 'utf8'), file);
  };
  return { user: read(sshNames.userKey), host: read(sshNames.hostKey) };
}
