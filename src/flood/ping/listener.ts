/**
 * Judges datagrams: which are pings of enrolled nodes, heard for the first time. Everything that costs little is looked at before a
 * signature is; what is not believed costs a counter, and is never answered.
 */
import { FerrymanError } from '../../errors.ts';
import type { Neighbours } from '../../ledger/neighbours.ts';
import { maxPingBytes } from '../../parcel/limits.ts';
import { parsePing, type Ping } from '../../parcel/ping.ts';
import { verifyPing, type NodeTrust, type ProvenPing } from '../../verify/enrolled.ts';
import { Limiter } from './limiter.ts';

/** Why a ping was not believed. */
export type PingRefusal =
  | 'oversize'
  | 'off-link'
  | 'limited'
  | 'malformed'
  | 'replayed'
  | 'foreign'
  | 'forged'
  | 'revoked';

/** A ping that is believed, and where it came from. */
export interface HeardPing extends ProvenPing {
  readonly address: string;
}

interface Clock {
  readonly nowSeconds: number;
  readonly at: () => string;
}

/** Neighbours whose counters are remembered in memory. */
const maxCounters = 5000;
/** Between two writes of the counters of one neighbour. */
const keepSeconds = 60;
/** Between two writes of what was refused. */
const tallySeconds = 60;

interface Counted {
  readonly counter: number;
  readonly keptAtSeconds: number;
}

export class PingListener {
  readonly #neighbours: Neighbours;
  readonly #own: string;
  readonly #limiter = new Limiter();
  /** By node and incarnation. */
  readonly #counters = new Map<string, Counted>();
  readonly #refused = new Map<PingRefusal, number>();
  #tallyAtSeconds = 0;

  /** @param own GUID of this node */
  constructor(neighbours: Neighbours, own: string) {
    this.#neighbours = neighbours;
    this.#own = own;
  }

  /**
   * @param from its address, and whether that is in one of the networks that are listened to
   * @param nodeTrust asked for when a signature is to be checked: looking at the keys costs more than to refuse a ping
   * @param clock `nowSeconds` never jumps, `at` is the wall clock
   * @returns `undefined`: not believed, or by this node itself
   * @throws FerrymanError `trust.*`
   */
  hear(
    datagram: Buffer,
    from: { readonly address: string; readonly isOnLink: boolean },
    nodeTrust: () => NodeTrust,
    clock: Clock,
  ): HeardPing | undefined {
    const refuse = (why: PingRefusal): undefined => this.#refuse(why, clock.nowSeconds);
    if (datagram.length > maxPingBytes) return refuse('oversize');
    if (!from.isOnLink) return refuse('off-link');
    if (!this.#limiter.allows(from.address, clock.nowSeconds)) return refuse('limited');
    try {
      const { ping } = parsePing(datagram);
      if (ping.node === this.#own) return undefined;
      if (ping.counter <= this.#counterOf(ping)) return refuse('replayed');
      if (!this.#limiter.allowsProof(from.address, clock.nowSeconds)) return refuse('limited');
      const heard = { ...verifyPing(datagram, nodeTrust()), address: from.address };
      this.#limiter.believed(from.address);
      this.#remember(heard, clock);
      return heard;
    } catch (error) {
      if (!(error instanceof FerrymanError) || error.verdict === 'halt') throw error;
      return refuse(refusals[error.code] ?? 'malformed');
    }
  }

  #counterOf({ node, incarnation }: Ping): number {
    return (
      this.#counters.get(`${node}.${incarnation}`)?.counter ?? this.#neighbours.counterOf(node, incarnation)
    );
  }

  #remember({ ping, enrolment, address }: HeardPing, { nowSeconds, at }: Clock): void {
    const { node, incarnation, counter, port } = ping;
    const key = `${node}.${incarnation}`;
    const known = this.#counters.get(key);
    const isDue = !known || nowSeconds - known.keptAtSeconds >= keepSeconds;
    this.#counters.delete(key);
    this.#counters.set(key, { counter, keptAtSeconds: isDue ? nowSeconds : (known?.keptAtSeconds ?? 0) });
    if (this.#counters.size > maxCounters) {
      const [oldest] = this.#counters.keys();
      if (oldest !== undefined) this.#counters.delete(oldest);
    }
    if (!isDue) return;
    const { role, serial } = enrolment;
    this.#neighbours.heard(
      { node, role, serial, address: `${address}:${port}`, at: at() },
      { incarnation, counter },
    );
  }

  #refuse(why: PingRefusal, nowSeconds: number): undefined {
    this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
    if (nowSeconds - this.#tallyAtSeconds < tallySeconds) return;
    this.#tallyAtSeconds = nowSeconds;
    this.keepTally();
  }

  /** Writes down what was refused since the last time. */
  keepTally(): void {
    for (const [why, times] of this.#refused) this.#neighbours.countRefused(why, times);
    this.#refused.clear();
  }
}

const refusals: Partial<Record<FerrymanError['code'], PingRefusal>> = {
  'enrolment.unproven': 'foreign',
  'enrolment.malformed': 'foreign',
  'enrolment.other-node': 'forged',
  'enrolment.other-key': 'forged',
  'enrolment.bad-signature': 'forged',
  'enrolment.revoked': 'revoked',
};
