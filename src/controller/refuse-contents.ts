/** Refuses for good an update that the office signed, but whose contents are not what its manifest says. */
import { FerrymanError } from '../errors.ts';
import { queueShortLog } from '../report/delivery.ts';
import { composeShortLog } from '../report/short-log.ts';
import { dropUpdate, withUpdate } from '../store/relay-store.ts';
import type { Trust } from '../verify/trust.ts';
import type { Context } from './context.ts';
import type { PlannedUpdate } from './plan-updates.ts';

/** True when the contents are wrong and the stored copy is still the one that was signed: not a passing read error. */
export async function isWrongForGood(
  { layout }: Context,
  trust: Trust,
  digest: string,
  error: FerrymanError,
): Promise<boolean> {
  if (error.verdict !== 'reject' || !/^(zip|manifest)\./.test(error.code)) return false;
  try {
    return await withUpdate(layout, digest, trust, () => true);
  } catch (damaged) {
    if (damaged instanceof FerrymanError) return false;
    throw damaged;
  }
}

/** Recorded, reported, and nobody is to have it from here. */
export function refuseContents(
  { layout, ledger, host, sinks, tell }: Context,
  update: PlannedUpdate,
  error: FerrymanError,
): void {
  const { digest, terms, title } = update;
  const at = host.now();
  const { sequence } = terms;
  ledger.transaction(() => {
    ledger.updates.setState(digest, 'refused', error.message, at);
    for (const row of ledger.updates.supersededBy(update))
      ledger.updates.setState(
        row.digest,
        'verified',
        `update ${sequence} is refused and supersedes nothing`,
        at,
      );
    const text = composeShortLog(undefined, { reason: error.message, title });
    queueShortLog(ledger, sinks, { digest, sequence, state: 'refused', text, createdAt: at });
  });
  dropUpdate(layout, digest);
  const text = `refused: ${error.message} [${error.code}]`;
  tell({ level: 'warning', subject: `update ${sequence}`, text, digest, final: true });
}
