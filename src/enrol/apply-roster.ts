/**
 * Takes a roster into use: what it revokes is refused from then on, by sshd and ssh through their list, and by everybody who asks
 * {@link readKeptRoster}. The roster is kept first, so a power cut in between is made good when the roster is applied once more: the daemon does at each start.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../durable/write-file.ts';
import type { Layout } from '../node/layout.ts';
import { isNewerRoster, openRoster, type Roster } from '../parcel/roster.ts';
import type { VerifiedFile } from '../store/verified-file.ts';
import { keepRoster, readKeptRoster } from './kept-roster.ts';
import { enrolmentPlaces, sshNames } from './places.ts';
import { makeRevocationList, nothingRevoked } from './revocation-list.ts';
import { keyLine, publicKeyIn } from './ssh-certificate.ts';

export interface AppliedRoster {
  /** `known`: this very one is in use already. `older`: a newer one is. */
  readonly outcome: 'applied' | 'known' | 'older';
  readonly roster: Roster;
}

/**
 * The daemon calls it for each roster that arrives; harmless to repeat.
 *
 * @throws FerrymanError `zip.*`, `manifest.*`; `roster.fork`: the office has signed two under one number, and the first stays; `ssh.*`
 */
export async function applyRoster(
  layout: Layout,
  { source, framing, digest }: VerifiedFile,
): Promise<AppliedRoster> {
  const roster = await openRoster(source, framing.eocdOffset);
  const kept = readKeptRoster(layout);
  if (kept && roster.number < kept.number) return { outcome: 'older', roster };
  const isNewer = isNewerRoster({ ...roster, digest }, kept);
  if (isNewer) keepRoster(layout, { ...roster, digest });
  await refreshRevocation(layout); // also when it is known: a power cut may have come between the two steps
  return { outcome: isNewer ? 'applied' : 'known', roster };
}

/** Makes the list of ssh anew from the roster that is kept; without an enrolment there is nothing to do. */
export async function refreshRevocation(layout: Layout): Promise<void> {
  const places = enrolmentPlaces(layout);
  if (!existsSync(places.ssh)) return;
  const list = await makeRevocationList(readKeptRoster(layout) ?? nothingRevoked, readCa(places.ssh));
  writeDurably(places.revoked, list, { mode: 0o644, existing: 'replace' });
}

/** With a shared key there is no CA, and so nothing to revoke. */
function readCa(folder: string): string | undefined {
  const file = join(folder, sshNames.ca);
  return existsSync(file) ? keyLine(publicKeyIn(readFileSync(file, 'utf8'), file)) : undefined;
}
