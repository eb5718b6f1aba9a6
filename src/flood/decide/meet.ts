/**
 * Whether a ping is worth one attempt to connect, and when. Pure: times are of a monotonic clock, chance comes in as an argument.
 *
 * A ping grants nothing. Spec: docs/format.md §16.
 */

export interface PingFacts {
  /** GUID of the sender. */
  readonly node: string;
  /** Serial of the enrolment in the ping. */
  readonly serial: number;
  /** What its sender holds, 16 hex digits. */
  readonly holdings: string;
}

/** What is remembered of a peer. */
export interface PeerHistory {
  /** An exchange that pulls from this peer is under way. */
  readonly isPulling: boolean;
  /** End of the last exchange that went well, seconds; `undefined`: none yet. */
  readonly lastExchangeAt?: number | undefined;
  /** Holdings of the two when that exchange ended: nothing new on either side is no reason to meet again. */
  readonly lastHoldings?: { readonly peer: string; readonly own: string } | undefined;
  /** Attempts that failed since the last one that went well, and when the last of them ended, seconds. */
  readonly failures: number;
  readonly lastFailureAt?: number | undefined;
}

export interface OwnFacts {
  readonly node: string;
  readonly holdings: string;
  /** True when the roster revokes this serial. */
  isRevoked(serial: number): boolean;
}

export interface Pace {
  /** Pause after an exchange that went well, seconds. */
  readonly coolDownSeconds: number;
  /** Pause after the first failure; doubled by each further one … */
  readonly backOffSeconds: number;
  /** … up to this. */
  readonly maxBackOffSeconds: number;
  /** The node with the lower GUID waits up to this long, so that the two do not connect at one moment. */
  readonly maxWaitSeconds: number;
}

export const usualPace: Pace = {
  coolDownSeconds: 30,
  backOffSeconds: 10,
  maxBackOffSeconds: 3600,
  maxWaitSeconds: 2,
};

export type Meeting =
  | { readonly attempt: true; readonly afterSeconds: number }
  | { readonly attempt: false; readonly why: string };

/** @param nowSeconds of a monotonic clock @param chance from 0 to below 1 */
export function judgePing(
  ping: PingFacts,
  { own, peer, pace }: { own: OwnFacts; peer: PeerHistory; pace: Pace },
  nowSeconds: number,
  chance: number,
): Meeting {
  const why = whyNever(ping, own) ?? whyNothingNew(ping, own, peer) ?? whyNotYet(peer, pace, nowSeconds);
  if (why !== undefined) return { attempt: false, why };
  return { attempt: true, afterSeconds: own.node < ping.node ? chance * pace.maxWaitSeconds : 0 };
}

function whyNever(ping: PingFacts, own: OwnFacts): string | undefined {
  if (ping.node === own.node) return 'it carries the GUID of this node';
  if (own.isRevoked(ping.serial)) return 'its enrolment is revoked';
  return undefined;
}

function whyNothingNew(ping: PingFacts, own: OwnFacts, { lastHoldings }: PeerHistory): string | undefined {
  if (ping.holdings === own.holdings) return 'both hold the same';
  if (lastHoldings?.peer === ping.holdings && lastHoldings.own === own.holdings)
    return 'nothing is new since the last exchange';
  return undefined;
}

function whyNotYet(peer: PeerHistory, pace: Pace, nowSeconds: number): string | undefined {
  if (peer.isPulling) return 'an exchange with it is under way';
  if (peer.failures > 0 && nowSeconds < (peer.lastFailureAt ?? -Infinity) + backOff(peer.failures, pace))
    return `${peer.failures} attempts in a row have failed`;
  if (nowSeconds < (peer.lastExchangeAt ?? -Infinity) + pace.coolDownSeconds)
    return 'the last exchange was a moment ago';
  return undefined;
}

/** Seconds to wait after so many failures in a row. */
export function backOff(failures: number, { backOffSeconds, maxBackOffSeconds }: Pace): number {
  return Math.min(maxBackOffSeconds, backOffSeconds * 2 ** (failures - 1));
}
