/**
 * Who is near, and whom to meet next: pings and the configuration name neighbours, the decisions of decide/meet.ts say when, and a few at
 * a time are met, none of them twice. Nothing here is durable: after a restart everybody is met once more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { backOff, judgePing, usualPace, type Pace, type PeerHistory } from './decide/meet.ts';
import type { Met } from './exchange/contact.ts';
import type { Peer } from './peer.ts';
import type { HeardPing } from './ping/listener.ts';

/** One that serves enough others is met again as after so many failures, however often it was so: where many meet, somebody would wait for an hour. */
const busyFailures = 3;

/** Neighbours that are remembered; the one that was silent for longest is forgotten. */
const maxNeighbours = 2000;

export interface NeighbourhoodSetup {
  /** GUID of this node. */
  readonly own: string;
  /** What this node holds, as its pings say. */
  readonly holdings: () => string;
  readonly isRevoked: (serial: number) => boolean;
  readonly peers: readonly Peer[];
  /** Between two contacts with a named peer of which no ping is heard, seconds. */
  readonly peerSeconds: number;
  /** Between two pings, seconds: nobody is met more often. */
  readonly pingSeconds: number;
  /** Contacts at a time. */
  readonly contacts: number;
  readonly nowSeconds: () => number;
  /** From 0 to below 1. */
  readonly chance: () => number;
  readonly meet: (peer: Peer, signal: AbortSignal) => Promise<Met>;
}

interface Known {
  peer: Peer;
  /** As its newest ping says; '' when none was heard. */
  holdings: string;
  history: PeerHistory;
}

export class Neighbourhood {
  readonly #setup: NeighbourhoodSetup;
  readonly #pace: Pace;
  readonly #known = new Map<string, Known>();
  /** Who is to be met, and not before when. */
  readonly #waiting = new Map<string, number>();
  #wake = new AbortController();

  constructor(setup: NeighbourhoodSetup) {
    this.#setup = setup;
    const { coolDownSeconds, backOffSeconds, maxWaitSeconds } = usualPace;
    const { pingSeconds } = setup;
    this.#pace = {
      ...usualPace,
      coolDownSeconds: Math.min(coolDownSeconds, 2 * pingSeconds),
      backOffSeconds: Math.min(backOffSeconds, pingSeconds),
      maxWaitSeconds: Math.min(maxWaitSeconds, pingSeconds / 2),
    };
    for (const peer of setup.peers) this.#remember(peer);
  }

  #remember(peer: Peer): Known {
    const known = this.#known.get(peer.node) ?? {
      peer,
      holdings: '',
      history: { isPulling: false, failures: 0 },
    };
    this.#known.delete(peer.node);
    this.#known.set(peer.node, known);
    if (this.#known.size > maxNeighbours) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return known;
  }

  /** A ping that is believed: worth one attempt, perhaps. */
  heard({ ping, enrolment, address }: HeardPing): void {
    const named = this.#setup.peers.find(({ node }) => node === ping.node);
    const known = this.#remember({ node: ping.node, host: address, port: ping.port });
    // Whom the configuration names is met where it says: behind NAT, a ping comes from elsewhere.
    known.peer = named ?? { node: ping.node, host: address, port: ping.port };
    known.holdings = ping.holdings;
    const { own, holdings, isRevoked, nowSeconds, chance } = this.#setup;
    const facts = {
      own: { node: own, holdings: holdings(), isRevoked },
      peer: known.history,
      pace: this.#pace,
    };
    const pingFacts = { node: ping.node, serial: enrolment.serial, holdings: ping.holdings };
    const meeting = judgePing(pingFacts, facts, nowSeconds(), chance());
    if (meeting.attempt) this.#want(ping.node, meeting.afterSeconds);
  }

  #want(node: string, afterSeconds: number): void {
    const at = this.#setup.nowSeconds() + afterSeconds;
    this.#waiting.set(node, Math.min(at, this.#waiting.get(node) ?? Infinity));
    this.#wake.abort();
  }

  /** Named peers that have not been met for long are met. */
  remindOfPeers(): void {
    const now = this.#setup.nowSeconds();
    for (const { node } of this.#setup.peers) {
      const { history } = this.#known.get(node) ?? {};
      // How this contact ends decides when the next one is due.
      if (history?.isPulling) continue;
      const metLately = now - (history?.lastExchangeAt ?? -Infinity) < this.#setup.peerSeconds;
      const pause = Math.max(this.#setup.peerSeconds, backOff(history?.failures ?? 0, this.#pace));
      if (!metLately && now - (history?.lastFailureAt ?? -Infinity) >= pause) this.#want(node, 0);
    }
  }

  /** Meets who waits until it is told to stop; then every contact has ended. */
  async work(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake.abort(), { once: true });
    const contacts = new Set<Promise<void>>();
    const problems: unknown[] = [];
    while (!signal.aborted && problems.length === 0) {
      const next = contacts.size < this.#setup.contacts ? this.#next() : undefined;
      if (next && next.inSeconds <= 0) {
        this.#waiting.delete(next.node);
        const contact = this.#meet(next.node, signal)
          .catch((error: unknown) => {
            problems.push(error);
          })
          .finally(() => {
            contacts.delete(contact);
            this.#wake.abort();
          });
        contacts.add(contact);
        continue;
      }
      this.#wake = new AbortController();
      const ms = Math.min(60, next?.inSeconds ?? 60) * 1000;
      await sleep(ms, undefined, { signal: this.#wake.signal }).catch(() => undefined);
    }
    await Promise.all(contacts);
    const [problem] = problems;
    if (problem instanceof Error) throw problem;
  }

  #next(): { readonly node: string; readonly inSeconds: number } | undefined {
    const [first] = [...this.#waiting]
      .filter(([node]) => this.#known.get(node)?.history.isPulling !== true)
      .toSorted(([, a], [, b]) => a - b);
    return first && { node: first[0], inSeconds: first[1] - this.#setup.nowSeconds() };
  }

  async #meet(node: string, signal: AbortSignal): Promise<void> {
    const known = this.#known.get(node);
    if (!known) return;
    const { history } = known;
    const peerHoldings = known.holdings;
    known.history = { ...history, isPulling: true };
    const met = await this.#setup.meet(known.peer, signal);
    const now = this.#setup.nowSeconds();
    const failed = met.problem !== undefined && !met.hasBrought;
    known.history = failed
      ? {
          ...history,
          isPulling: false,
          failures: failuresAfter(met, known),
          lastFailureAt: now,
        }
      : {
          isPulling: false,
          failures: 0,
          lastExchangeAt: now,
          // Cut off, there is more to be had from it, although nothing is new there.
          ...(met.problem || met.hasMore
            ? {}
            : { lastHoldings: { peer: peerHoldings, own: this.#setup.holdings() } }),
        };
  }
}

function failuresAfter({ problem }: Met, { peer, history }: Known): number {
  // Whether its way back stands is asked of this machine alone, which costs nobody anything.
  if (peer.isReverse) return 1;
  return problem?.code === 'contact.busy'
    ? Math.min(history.failures + 1, busyFailures)
    : history.failures + 1;
}
