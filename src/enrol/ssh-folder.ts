/**
 * The folder of ssh files that one enrolment brings: made under another name, brought to the disk, and given its name by the rename of
 * a link. src/enrol/places.ts shows how it stands.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder, renameDurably, syncFolder } from '../durable/write-file.ts';
import { isSystemError } from '../errors.ts';
import type { Layout } from '../node/layout.ts';
import { enrolmentPlaces, sshNames } from './places.ts';
import { syncFiles } from './sync-files.ts';

export interface SshFile {
  readonly name: string;
  readonly contents: string | Buffer;
  readonly mode: number;
  /** Group that may read it; left out: root. */
  readonly gid?: number;
}

/** A folder that is whole and on the disk, but not the node's yet. */
export interface PreparedFolder {
  readonly path: string;
  /** Makes it the node's, and removes the one before. */
  publish(): void;
  /** Removes it; harmless after {@link publish}. */
  discard(): void;
}

/** @param label of the folder: serial of the enrolment, or `shared` */
export function prepareSshFolder(layout: Layout, label: string, files: readonly SshFile[]): PreparedFolder {
  const path = join(layout.etc, `ssh-${label}-${randomBytes(4).toString('hex')}`);
  let isPublished = false;
  const discard = (): void => {
    if (!isPublished) rmSync(path, { recursive: true, force: true });
  };
  try {
    makeFolder(path, 0o755);
    chmodSync(path, 0o755); // whatever the umask
    for (const { name, contents, mode, gid } of files) {
      const file = join(path, name);
      writeFileSync(file, contents, { mode: 0o600, flag: 'wx' });
      if (gid !== undefined) chownSync(file, 0, gid);
      chmodSync(file, mode);
    }
    syncFiles(
      path,
      files.map(({ name }) => name),
    );
  } catch (error) {
    discard();
    throw error;
  }
  const publish = (): void => {
    const { ssh, enrolment } = enrolmentPlaces(layout);
    linkTo(join(basename(ssh), sshNames.enrolment), enrolment);
    linkTo(basename(path), ssh);
    isPublished = true;
    sweep(layout);
  };
  return { path, publish, discard };
}

function linkTo(target: string, link: string): void {
  if (linkAt(link) === target) return;
  const fresh = join(dirname(link), `.${basename(link)}.${randomBytes(6).toString('hex')}`);
  symlinkSync(target, fresh);
  renameDurably(fresh, link);
}

function linkAt(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

/** Folders that the link does not lead to: of enrolments before, and of installations that were cut off. They hold copies of secret keys. */
function sweep(layout: Layout): void {
  const { ssh, sshKeys } = enrolmentPlaces(layout);
  const kept = new Set([linkAt(ssh), basename(sshKeys)]);
  for (const name of readdirSync(layout.etc)) {
    const isOurs =
      /^ssh-(\d+|shared)-[0-9a-f]{8}$/.test(name) || /^\.(ssh|enrolment\.txt)\.[0-9a-f]{12}$/.test(name);
    if (!isOurs || kept.has(name)) continue;
    const path = join(layout.etc, name);
    if (lstatSync(path).isDirectory()) rmSync(path, { recursive: true });
    else rmSync(path);
  }
  syncFolder(layout.etc);
}
