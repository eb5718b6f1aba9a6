/**
 * How long it takes until two nodes meet, as contact ledgers tell. Pure.
 *
 * Nodes are numbers here. A ledger is what one node has counted: how often it met each of the others, in how many seconds.
 */

export interface ContactLedger {
  /** Meetings with each node, by its number. */
  readonly meetings: Float64Array;
  /** Over how long they were counted. */
  readonly seconds: number;
  /** All meetings together. */
  readonly total: number;
}

/** So many meetings weigh as much as the guess from how busy the two are. */
const guessWeight = 1;

/**
 * Mean seconds between two meetings of the keeper of this ledger with `other`. Few meetings say little, so they are drawn towards what
 * two nodes as busy as these would have if all met alike.
 * @param share of all meetings of all nodes, that in which `other` takes part; 0: never heard of
 */
export function meetingSeconds(ledger: ContactLedger, other: number, share: number): number {
  const counted = ledger.meetings[other] ?? 0;
  const guessed = ledger.total * share;
  if (guessed <= 0) return counted > 0 ? ledger.seconds / counted : Infinity;
  return (ledger.seconds * (guessed + guessWeight)) / (guessed * (counted + guessWeight));
}

/** Of all meetings in these ledgers, the share of each node. */
export function meetingShares(ledgers: readonly (ContactLedger | undefined)[]): Float64Array {
  const rates = Float64Array.from(ledgers, (ledger) =>
    ledger && ledger.seconds > 0 ? ledger.total / ledger.seconds : 0,
  );
  const all = rates.reduce((sum, rate) => sum + rate, 0);
  return all === 0 ? rates : rates.map((rate) => rate / all);
}
