/** What this node knows when it decides what to fetch from a neighbour. */
import type { PullerFacts } from '../decide/wants.ts';
import type { ArchiveIntake } from '../pool/taker.ts';
import { offeredPath } from './batches.ts';
import type { KnownNeighbours } from './known-neighbours.ts';
import type { Receiving } from './take-parcels.ts';
import type { UnderWay } from './under-way.ts';

export interface Pulling extends Receiving {
  /** What others were found to hold, and whom they meet; what is learned is added. */
  readonly known: KnownNeighbours;
  /** Contacts that are under way, this one among them. */
  readonly underWay: UnderWay;
}

/** @param peer GUID of the neighbour @param intake of what it has */
export function pullerFacts(
  { surroundings, relay, taker, handed, known, quarantine, underWay }: Pulling,
  peer: string,
  intake: ArchiveIntake,
): PullerFacts {
  const { own, config, ledger, beliefs } = surroundings;
  quarantine.strikes.under(beliefs.trust);
  const wrong = quarantine.strikes.of(peer);
  return {
    node: own.node,
    role: own.role,
    ownLogsOnly: config.flood.ownLogsOnly,
    roster: beliefs.rosterNumber,
    needsAck: (ack) => relay.acks.needs(ack) && !wrong.has(offeredPath({ kind: 'ack', ...ack })),
    needsUpdate: (digest) => {
      const path = offeredPath({ kind: 'update', digest });
      const isNeeded = !handed.has(digest) && !ledger.updates.has(digest) && !wrong.has(path);
      return isNeeded && underWay.mayFetch(path, peer);
    },
    holdings: (stream) => taker.of(stream),
    refused: { ...relay.refused, quarantined: wrong },
    copies: (stream) => known.copies(stream, peer),
    // At a proxy everything is at its end.
    value: own.role === 'proxy' ? undefined : (archive) => known.value(archive),
    admit: (archive) =>
      underWay.mayFetch(offeredPath({ kind: 'log', archive }), peer) && intake.admit(archive),
  };
}
