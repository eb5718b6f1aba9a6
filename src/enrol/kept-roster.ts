/** What the newest roster that this node has seen says, as it keeps it: the manifest and the digest of the parcel. */
import { readFileSync } from 'node:fs';
import { writeDurably } from '../durable/write-file.ts';
import { isSystemError } from '../errors.ts';
import type { Layout } from '../node/layout.ts';
import { formatRoster, parseRoster, type Roster } from '../parcel/roster.ts';
import { enrolmentPlaces } from './places.ts';

export interface KeptRoster extends Roster {
  /** 128 hex digits. */
  readonly digest: string;
}

/** `undefined`: none was seen yet. @throws FerrymanError `manifest.malformed`: somebody has changed the file */
export function readKeptRoster(layout: Pick<Layout, 'etc'>): KeptRoster | undefined {
  let text;
  try {
    text = readFileSync(enrolmentPlaces(layout).roster, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  const [digest = '', ...manifest] = text.split('\n');
  return { digest, ...parseRoster(Buffer.from(manifest.join('\n'))) };
}

/** Line one: the digest. Then the manifest as it stands in the parcel. */
export function keepRoster(layout: Pick<Layout, 'etc'>, { digest, ...roster }: KeptRoster): void {
  writeDurably(enrolmentPlaces(layout).roster, `${digest}\n${formatRoster(roster).toString()}`, {
    mode: 0o644,
    existing: 'replace',
  });
}
