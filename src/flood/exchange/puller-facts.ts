/** What this node knows when it decides what to fetch from a neighbour. */
import type { PullerFacts } from '../decide/wants.ts';
import { offeredPath } from './batches.ts';
import type { KnownHoldings } from './known-holdings.ts';
import type { Receiving } from './take-parcels.ts';

export interface Pulling extends Receiving {
  /** What others were found to hold; what is learned is added. */
  readonly known: KnownHoldings;
}

/** @param peer GUID of the neighbour */
export function pullerFacts(
  { surroundings, relay, taker, handed, known, quarantine }: Pulling,
  peer: string,
): PullerFacts {
  const { own, ledger, beliefs } = surroundings;
  const wrong = quarantine.strikes.of(peer);
  return {
    node: own.node,
    role: own.role,
    ownLogsOnly: false,
    roster: beliefs.rosterNumber,
    needsAck: (ack) => relay.acks.needs(ack) && !wrong.has(offeredPath({ kind: 'ack', ...ack })),
    needsUpdate: (digest) =>
      !handed.has(digest) &&
      !ledger.updates.has(digest) &&
      !wrong.has(offeredPath({ kind: 'update', digest })),
    holdings: (stream) => taker.of(stream),
    refused: { ...relay.refused, quarantined: wrong },
    copies: (stream) => known.of(stream, peer),
    admit: (archive) => taker.admit(archive),
  };
}
