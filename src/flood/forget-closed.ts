/**
 * What is covered of incarnations that the office has closed goes, when no archive of them can be left anywhere. Time is counted by the
 * calendar of the ledger, while this node is on: longer than any clock says.
 */
import type { Ledger } from '../ledger/ledger.ts';
import { mayForget, usualLives, type Cover } from './decide/cover.ts';

/** @param closed `<origin>/<incarnation>`, by the newest roster @param cover as it is in memory */
export function forgetClosed(ledger: Ledger, cover: Cover, closed: ReadonlySet<string>): void {
  const text = ledger.fact('closed-since');
  if (closed.size === 0 && text === undefined) return;
  const before = JSON.parse(text ?? '{}') as Record<string, number>;
  const now = ledger.calendar.seconds;
  const since = Object.fromEntries([...closed].toSorted().map((key) => [key, before[key] ?? now]));
  const after = JSON.stringify(since);
  if (after !== text) ledger.setFact('closed-since', after);
  const gone = [...closed].filter((key) => mayForget(now - (since[key] ?? now), usualLives));
  for (const key of gone) {
    const [origin = '', incarnation = ''] = key.split('/');
    if (cover.of({ origin, incarnation }).length > 0) ledger.cover.forget(origin, incarnation);
  }
  cover.forget(new Set(gone));
}
