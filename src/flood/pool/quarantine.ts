/** What neighbours brought and proved wrong: the newest are kept for a person to look at, all are counted. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setAside } from '../../channels/set-aside.ts';
import { isSystemError, type FerrymanError } from '../../errors.ts';
import type { PoolNotes } from '../../ledger/pool-notes.ts';
import type { Strikes } from './strikes.ts';

export interface Quarantine {
  readonly folder: string;
  readonly notes: PoolNotes;
  readonly now: () => string;
  readonly strikes: Strikes;
}

export interface Suspect {
  /** Where it stands now. */
  readonly path: string;
  /** In the offer of the neighbour. */
  readonly offered: string;
  /** As the notes name it. */
  readonly name: string;
  /** `undefined` where it was not read. */
  readonly digest?: string;
  /** GUID of who brought it. */
  readonly peer: string;
}

/** Moves a file away, never to be offered to anyone. One that cannot be moved is removed. */
export function quarantine(
  { folder, notes, now, strikes }: Quarantine,
  { path, offered, name, digest, peer }: Suspect,
  error: FerrymanError,
  what: 'quarantined' | 'fork' = 'quarantined',
): void {
  // Its origin may be enrolled anew and sign it anew; the neighbour then has the same name for another file.
  if (error.code === 'enrolment.revoked') strikes.count(peer, name);
  else strikes.add(peer, name);
  const apart = join(dirname(path), `${peer.slice(0, 8)}.${offered.replaceAll('/', '_')}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    renameSync(path, apart);
    setAside({ folder }, apart);
  } catch (failure) {
    if (!isSystemError(failure)) throw failure;
    for (const each of [path, apart]) rmSync(each, { force: true });
  }
  notes.add([
    { name, digest: digest ?? null, what, reason: `${error.message} [${error.code}]`, peer, at: now() },
  ]);
}
