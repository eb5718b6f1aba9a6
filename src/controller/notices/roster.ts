/** A roster: what it revokes is refused from now on, and neighbours may have it. */
import { join } from 'node:path';
import { applyRoster } from '../../enrol/apply-roster.ts';
import { FerrymanError } from '../../errors.ts';
import { isSpoiled, keepRoster, readRoster, type ProvenRoster } from '../../enrol/roster-shelf.ts';
import type { Notice } from '../../ledger/notices.ts';
import type { VerifiedFile } from '../../store/verified-file.ts';
import type { Trust } from '../../verify/trust.ts';
import type { Context } from '../context.ts';

const words = {
  applied: 'in force from now on',
  known: 'in force already',
  older: 'a newer one is in force',
} as const;

/** @throws FerrymanError as `applyRoster`; `roster.fork` */
export async function takeRoster({ layout }: Context, trust: Trust, parcel: VerifiedFile): Promise<Notice> {
  const { outcome, roster } = await applyRoster(layout, parcel);
  const { digest, source } = parcel;
  if (outcome !== 'older') {
    const file = join(layout.relay, 'roster.zip');
    const bytes = source.read(0, source.size);
    keepRoster(file, await offered(file, trust), { roster: { ...roster, digest }, bytes });
  }
  return { digest, title: `roster ${roster.number}`, isTaken: true, outcome: words[outcome] };
}

/** A spoiled file is in nobody's way. */
async function offered(file: string, trust: Trust): Promise<ProvenRoster | undefined> {
  try {
    return await readRoster(file, trust);
  } catch (error) {
    if (!(error instanceof FerrymanError) || !isSpoiled(error)) throw error;
    return undefined;
  }
}
