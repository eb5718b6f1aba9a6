/**
 * The exchange between neighbours, beside the controller: this node tells that it is there, hears others, meets a few at a time and
 * fetches what it lacks. Whatever goes wrong here is told, tried again, and nobody else's business.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openToNeighbours } from '../enrol/flood-user.ts';
import { counted } from '../command-line/counted.ts';
import { enrolmentPlaces } from '../enrol/places.ts';
import { reverseHost, reverseOf } from '../enrol/reverse.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { contains } from '../parcel/sequence-sets.ts';
import { signPing } from '../parcel/ping.ts';
import { meet, type ContactSetup, type Met } from './exchange/contact.ts';
import { KnownNeighbours } from './exchange/known-neighbours.ts';
import { checkRsync } from './exchange/rsync.ts';
import { sweepStaging } from './exchange/staging.ts';
import { UnderWay } from './exchange/under-way.ts';
import { findUser } from './exchange/unprivileged.ts';
import { Neighbourhood } from './neighbourhood.ts';
import { parsePeer, type Peer } from './peer.ts';
import { OwnCounter } from './ping/own-counter.ts';
import { PingListener } from './ping/listener.ts';
import { Pinger } from './ping/pinger.ts';
import type { Quarantine } from './pool/quarantine.ts';
import { freeBytesOf } from './pool/free-bytes.ts';
import { RelayTaker } from './pool/relay-taker.ts';
import { Strikes } from './pool/strikes.ts';
import type { ArchiveTaker } from './pool/taker.ts';
import { Relay, type RelayListener } from './relay.ts';
import type { FloodSurroundings } from './surroundings.ts';
import { holdWaysBack } from './way-back.ts';

/** What was half fetched of a neighbour that does not come again goes after so long. */
const stagingMs = 30 * 24 * 3600 * 1000;

const maxTroubles = 2000;
const maxTroublesOfOne = 5;

/** What others do in the exchange. */
export interface FloodParts extends RelayListener {
  readonly isRoot: boolean;
  /** Who takes archives in; `undefined`: the pool of a relay. */
  readonly taker: ((apart: Quarantine) => ArchiveTaker) | undefined;
  /** Called before each ping: what is to be looked at now and then. */
  readonly beforePing: () => Promise<void>;
}

export class FloodDaemon {
  readonly #surroundings: FloodSurroundings;
  readonly #parts: FloodParts;
  readonly #known: KnownNeighbours;
  readonly #relay: Relay;
  readonly #listener: PingListener;
  readonly #counter: OwnCounter;
  /** By neighbour: what was told of contacts that failed since the last one that went well. */
  readonly #troubles = new Map<string, Set<string>>();
  /** What was told last of what goes wrong here. */
  #problem = '';

  constructor(surroundings: FloodSurroundings, parts: FloodParts) {
    const { ledger, host, own } = surroundings;
    this.#surroundings = surroundings;
    this.#parts = parts;
    this.#known = new KnownNeighbours(ledger, own.role, host);
    this.#relay = new Relay(surroundings, parts);
    this.#listener = new PingListener(ledger.neighbours, own.node);
    this.#counter = new OwnCounter(ledger, host.randomHex);
  }

  /**
   * Works until it is told to stop; leaves no process behind.
   *
   * @throws FerrymanError `flood.rsync`, `flood.user`, `trust.*`: it cannot work as things are
   */
  async run(signal: AbortSignal): Promise<void> {
    const { layout, config, host } = this.#surroundings;
    await checkRsync();
    const user = await findUser(config.flood.user, this.#parts.isRoot);
    if (user) openToNeighbours(layout, user);
    sweepStaging(layout.staging, stagingMs, Date.parse(host.now()));
    const quarantine: Quarantine = {
      folder: layout.quarantine,
      notes: this.#surroundings.ledger.poolNotes,
      now: host.now,
      strikes: new Strikes(),
    };
    const taker = this.#parts.taker?.(quarantine) ?? this.#relayTaker(quarantine);
    await this.#relay.open({ free: () => taker.free, meetings: () => this.#known.meetings });
    const setup: ContactSetup = {
      surroundings: this.#surroundings,
      relay: this.#relay,
      taker,
      quarantine,
      handed: new Set(),
      user,
      sshConfig: enrolmentPlaces(layout).sshConfig,
      known: this.#known,
      underWay: new UnderWay(),
    };
    const neighbourhood = this.#makeNeighbourhood(setup);
    const pinger = this.#makePinger(neighbourhood);
    try {
      await Promise.all([
        neighbourhood.work(signal),
        this.#ping(pinger, { neighbourhood, taker }, signal),
        holdWaysBack(this.#surroundings, setup, this.#peers, signal),
      ]);
    } finally {
      pinger.close();
      this.#listener.keepTally();
    }
  }

  #relayTaker(quarantine: Quarantine): RelayTaker {
    const { beliefs, config, layout } = this.#surroundings;
    const room = {
      maxBytes: config.flood.poolMegabytes * 1024 * 1024,
      freeBytes: () => freeBytesOf(layout.state),
    };
    const value = this.#known.value.bind(this.#known);
    return new RelayTaker(this.#relay.pool, this.#relay.acks.cover, { beliefs, quarantine, room, value });
  }

  get #peers(): Peer[] {
    const { config, own } = this.#surroundings;
    const called = config.flood.peers.flatMap((text) => parsePeer(text) ?? []);
    if (own.role !== 'proxy') return called;
    const back = reverseOf(config.flood.reverse).map((way) => ({
      ...way,
      host: reverseHost,
      isReverse: true as const,
    }));
    return [...back, ...called.filter(({ node }) => back.every((way) => way.node !== node))];
  }

  #makeNeighbourhood(setup: ContactSetup): Neighbourhood {
    const { own, config, host, beliefs } = this.#surroundings;
    return new Neighbourhood({
      own: own.node,
      holdings: () => this.#relay.holdingsDigest(false),
      isRevoked: (serial) => contains(beliefs.nodeTrust.revoked, serial),
      peers: this.#peers.filter(({ node }) => node !== own.node),
      peerSeconds: config.flood.peerSeconds,
      pingSeconds: config.flood.pingSeconds,
      contacts: config.flood.contacts,
      nowSeconds: host.uptimeSeconds,
      chance: () => this.#chance(),
      meet: (peer, signal) => this.#meet(setup, peer, signal),
    });
  }

  async #meet(setup: ContactSetup, peer: Peer, signal: AbortSignal): Promise<Met> {
    const { ledger, host } = this.#surroundings;
    const at = host.now();
    let met: Met;
    try {
      met = await meet(setup, peer, signal);
    } catch (error) {
      const problem = asProblem(error);
      const nothing = {
        role: '',
        seconds: 0,
        provingSeconds: 0,
        bytesIn: 0,
        bytesOut: 0,
        parcelsIn: 0,
        hasBrought: false,
        hasMore: false,
      } as const;
      met = { ...nothing, reason: problem.message, problem };
    }
    const { role, seconds, bytesIn, bytesOut, parcelsIn, reason } = met;
    ledger.neighbours.met(
      { at, peer: peer.node, role, seconds, bytesIn, bytesOut, parcelsIn, reason },
      `${peer.host}:${peer.port}`,
    );
    this.#known.count();
    this.#tellMet(peer, met);
    if (parcelsIn > 0) await this.#look(setup.taker);
    return met;
  }

  /** What keeps a neighbour from being met is told once, until it is met; and only a few such things, for the neighbour may have a part in the words. */
  #tellMet({ node }: Peer, met: Met): void {
    const { seconds, provingSeconds, bytesIn, bytesOut, parcelsIn, reason, problem } = met;
    const isNews = problem !== undefined && (this.#isNewTrouble(node, problem.message) || parcelsIn > 0);
    if (!problem) this.#troubles.delete(node);
    const level = isNews ? 'warning' : problem === undefined && parcelsIn > 0 ? 'info' : 'debug';
    const time = `${seconds} s${provingSeconds > 0 ? `, ${provingSeconds} s of them to prove and keep what came` : ''}`;
    const text = `${counted(parcelsIn, 'parcel')} in ${time}, ${bytesIn} bytes in, ${bytesOut} out: ${reason}`;
    this.#surroundings.tell({ level, subject: `flood: neighbour ${node}`, text });
  }

  #isNewTrouble(node: string, message: string): boolean {
    const told = this.#troubles.get(node) ?? new Set();
    if (told.has(message) || told.size >= maxTroublesOfOne) return false;
    if (!this.#troubles.has(node) && this.#troubles.size >= maxTroubles) return true;
    this.#troubles.set(node, told.add(message));
    return true;
  }

  #makePinger(neighbourhood: Neighbourhood): Pinger {
    const { config, beliefs, host, tell } = this.#surroundings;
    return new Pinger({
      port: config.flood.pingPort,
      interfaces: config.flood.interfaces,
      peers: this.#peers,
      ping: () => ({ neighbours: this.#datagram(false), peers: this.#datagram(true) }),
      heard: (datagram, from) => {
        const clock = { nowSeconds: host.uptimeSeconds(), at: host.now };
        this.#guarded(() => {
          const heard = this.#listener.hear(datagram, from, () => beliefs.nodeTrust, clock);
          if (heard) neighbourhood.heard(heard);
        });
      },
      tell: (text) => tell({ level: 'warning', subject: 'flood: ping', text }),
    });
  }

  #datagram(toProxy: boolean): Buffer {
    const { own, config, beliefs } = this.#surroundings;
    const ping = {
      node: own.node,
      incarnation: this.#counter.incarnation,
      counter: this.#counter.next(),
      port: config.flood.sshPort,
      holdings: this.#relay.holdingsDigest(toProxy),
      roster: beliefs.rosterNumber,
    };
    return signPing(ping, own.identity, own.line);
  }

  /** Looks at what is here and tells it, again and again. */
  async #ping(
    pinger: Pinger,
    { neighbourhood, taker }: { readonly neighbourhood: Neighbourhood; readonly taker: ArchiveTaker },
    signal: AbortSignal,
  ): Promise<void> {
    const { config } = this.#surroundings;
    while (!signal.aborted) {
      await this.#look(taker);
      if (signal.aborted) return;
      this.#guarded(() => pinger.send());
      neighbourhood.remindOfPeers();
      const ms = config.flood.pingSeconds * 1000 * (0.75 + this.#chance() / 2);
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    }
  }

  /** From 0 to below 1. */
  #chance(): number {
    return Number.parseInt(this.#surroundings.host.randomHex(4), 16) / 2 ** 32;
  }

  async #look(taker: ArchiveTaker): Promise<void> {
    try {
      await this.#parts.beforePing();
      await this.#relay.look();
      await taker.tidy();
      this.#problem = '';
    } catch (error) {
      this.#tellProblem(error);
    }
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#tellProblem(error);
    }
  }

  /** Once, until all goes well again or it is another: each ping comes by here. */
  #tellProblem(error: unknown): void {
    const { message, code } = asProblem(error);
    const text = `${message} [${code}]`;
    if (text !== this.#problem) this.#surroundings.tell({ level: 'warning', subject: 'flood', text });
    this.#problem = text;
  }
}

function asProblem(error: unknown): FerrymanError {
  if (error instanceof FerrymanError) return error;
  if (isSystemError(error))
    return new FerrymanError('pool.disk', `expected to keep what came: ${error.message}`, { cause: error });
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new FerrymanError('internal.bug', `exchange with neighbours: ${text}`, { cause: error });
}
