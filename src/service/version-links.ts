/** The names in the folder of versions, and what its links point to. What stands there and why: versions.ts. */
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../errors.ts';

export const versionNames = {
  trial: 'trial',
  current: 'current',
  failed: 'failed',
  /** In a version: a file for every start that it has left while on trial. */
  tickets: 'tickets',
  /** In a version: AboutVersion in versions.ts. */
  about: 'about.json',
} as const;

/** What a link points to: the name of a version, such as `0.2.0-1f3a5c7e`. */
export function versionAt(versions: string, link: 'trial' | 'current' | 'failed'): string | undefined {
  try {
    return readlinkSync(join(versions, versionNames[link]));
  } catch (error) {
    if (isSystemError(error)) return undefined; // no link, or something else in its place
    throw error;
  }
}
