/**
 * When logs are packed: by the clock since boot, since the other one may be anything. A machine that is on for a few hours a day must get to
 * it too, so the first archive after a boot comes soon. Pure, but for what the ledger remembers.
 */
import type { Ledger } from '../ledger/ledger.ts';

/** When it was packed last: a whole look at all logs. */
export interface LastPacked {
  /** Wall clock, RFC 3339. */
  readonly at: string;
  readonly bootId: string;
  readonly uptimeSeconds: number;
}

/** Seconds after a boot. */
const firstAfterSeconds = 300;

export function notePacked(ledger: Ledger, packed: LastPacked): void {
  ledger.setFact('log-packed', JSON.stringify(packed));
}

export function lastPacked(ledger: Ledger): LastPacked | undefined {
  const text = ledger.fact('log-packed');
  return text === undefined ? undefined : (JSON.parse(text) as LastPacked);
}

/** Seconds from now until logs are packed; 0: at once. */
export function dueInSeconds(
  last: LastPacked | undefined,
  now: { readonly bootId: string; readonly uptimeSeconds: number },
  periodSeconds: number,
): number {
  const due =
    last?.bootId === now.bootId
      ? last.uptimeSeconds + periodSeconds
      : Math.min(periodSeconds, firstAfterSeconds);
  return Math.max(0, due - now.uptimeSeconds);
}
