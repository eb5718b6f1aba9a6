/**
 * The versions of ferryman that updates brought, as they stand on disk:
 *
 *   versions/0.2.0-1f3a5c7e/     a version: bin/ferryman and all it needs; about.json; tickets/
 *   versions/trial               link to the version that is tried out, if there is one
 *   versions/current             link to the version in use; without it the installed one is
 *   versions/failed              link to a version whose trial has failed, until that is reported
 *
 * Every change is one rename of a link, so a power cut leaves the old state or the new one. Trials begin in
 * stage-version.ts; that they fail is found by the launcher, which no update replaces.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { renameDurably, syncFolder } from '../durable/write-file.ts';
import { isSystemError } from '../errors.ts';
import { versionAt, versionNames } from './version-links.ts';

/** What is kept of where a version came from. */
export interface AboutVersion {
  /** As it tells it itself. */
  readonly version: string;
  /** The update whose script brought it; `null` when a person did. */
  readonly sequence: number | null;
}

/** True when the program in `folder` is the one on trial. @param folder of the bundled files, or of the single executable */
export function isOnTrial(versions: string, folder: string): boolean {
  const name = versionAt(versions, 'trial');
  return name !== undefined && isIn(join(versions, name), folder);
}

/** True when the program in `folder` is one that a self-update brought. */
export function isBroughtByUpdate(versions: string, folder: string): boolean {
  return existsSync(versions) && isIn(versions, folder);
}

function isIn(outer: string, inner: string): boolean {
  return join(realpathSync(inner), '/').startsWith(join(realpathSync(outer), '/'));
}

/** The version on trial has proved itself: from now on it is the one in use. Older ones go, but for the one before. */
export function endTrial(versions: string): void {
  const before = versionAt(versions, 'current');
  renameDurably(join(versions, versionNames.trial), join(versions, versionNames.current));
  removeOthers(versions, before);
}

export function aboutVersion(versions: string, name: string): AboutVersion {
  try {
    return JSON.parse(readFileSync(join(versions, name, versionNames.about), 'utf8')) as AboutVersion;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !isSystemError(error)) throw error;
    return { version: name, sequence: null };
  }
}

/** The failure of a trial has been reported. */
export function forgetFailed(versions: string): void {
  rmSync(join(versions, versionNames.failed), { force: true });
  syncFolder(versions);
  removeOthers(versions, undefined);
}

function removeOthers(versions: string, kept: string | undefined): void {
  const links = ['trial', 'current', 'failed'] as const;
  const wanted = new Set<string | undefined>([
    ...links,
    kept,
    ...links.map((link) => versionAt(versions, link)),
  ]);
  for (const name of readdirSync(versions))
    if (!wanted.has(name) && !name.startsWith('.'))
      rmSync(join(versions, name), { recursive: true, force: true });
}
