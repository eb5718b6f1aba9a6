/** What `ferryman logs status` tells of this node's own archives. */
import type { Ledger } from '../ledger/ledger.ts';
import type { LogArchiveRow } from '../ledger/log-archives.ts';
import { normaliseRanges, type SequenceRange } from '../parcel/sequences.ts';
import { dueInSeconds, lastPacked, type LastPacked } from './schedule.ts';

export interface LogStatus {
  /** `null`: nothing was ever packed. */
  readonly incarnation: string | null;
  readonly lastSequence: number;
  /** Undelivered, by class. */
  readonly waiting: Readonly<Record<'short' | 'long', { readonly archives: number; readonly bytes: number }>>;
  readonly oldestWaiting: LogArchiveRow | null;
  /** Everything up to this is delivered or void. */
  readonly deliveredUpTo: number;
  /** Undelivered ones below delivered ones. */
  readonly gaps: readonly SequenceRange[];
  readonly voids: readonly SequenceRange[];
  readonly lastPacked: LastPacked | null;
  /** `null`: packing is switched off. */
  readonly nextInSeconds: number | null;
}

export function readLogStatus(
  ledger: Ledger,
  { enabled, periodSeconds }: { readonly enabled: boolean; readonly periodSeconds: number },
  now: { readonly bootId: string; readonly uptimeSeconds: number },
): LogStatus {
  const { logArchives } = ledger;
  const waiting = logArchives.waiting();
  const voids = logArchives.voids();
  const delivered = logArchives.delivered();
  const settled = normaliseRanges([...delivered, ...voids]);
  const deliveredUpTo = settled[0]?.first === 1 ? settled[0].last : 0;
  const highest = delivered.at(-1)?.last ?? 0;
  const last = lastPacked(ledger);
  return {
    incarnation: ledger.fact('log-incarnation') ?? null,
    lastSequence: logArchives.lastSequence(),
    waiting: { short: total(waiting, 'short'), long: total(waiting, 'long') },
    oldestWaiting: waiting[0] ?? null,
    deliveredUpTo,
    gaps: normaliseRanges(
      waiting
        .filter(({ sequence }) => sequence < highest)
        .map(({ sequence }) => ({ first: sequence, last: sequence })),
    ),
    voids,
    lastPacked: last ?? null,
    nextInSeconds: enabled ? dueInSeconds(last, now, periodSeconds) : null,
  };
}

function total(rows: readonly LogArchiveRow[], kind: 'short' | 'long'): { archives: number; bytes: number } {
  const some = rows.filter((row) => row.class === kind);
  return { archives: some.length, bytes: some.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) };
}
