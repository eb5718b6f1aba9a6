/**
 * A proxy at work: what arrives is stored, unpacked to be read, and only then acknowledged. One at a time works in a store, whether the
 * daemon or a command: each step holds the store's lock for as long as it takes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder, sweepParts } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';
import { takeLock, type Lock } from '../host/lock.ts';
import type { Layout } from '../node/layout.ts';
import type { NodeTrust } from '../verify/enrolled.ts';
import type { Links } from '../durable/file-source.ts';
import { acknowledge, type WrittenAck } from './acknowledge.ts';
import { judgeOwnAck, readEpoch, underEnrolment, writeEpoch, type OwnAck, type StoreEpoch } from './epoch.ts';
import { openIndex } from './index/open.ts';
import { ProxyIndex } from './index/proxy-index.ts';
import { proxyPlaces, type ProxyPlaces } from './places.ts';
import { readOwnAcks, type ProxySigner } from './proxy-signer.ts';
import { writeArchivesTable } from './readable/archives-table.ts';
import { scanStore, type Scanned } from './scan.ts';
import { FeedPauses } from './feed-pauses.ts';
import { asFeedFailure, FeedFailure, settle, type Feed, type Settled, type Unpack } from './settle.ts';
import { asDiskFull, sweepStore } from './store-files.ts';
import { takeIn, type TakenIn } from './take-in.ts';

/** Files that are taken in before the lock is given up for a moment, and before the first of them are unpacked. */
const perTurn = 500;
/** How long another that works in the store is waited for, and how often it is looked. */
const lockPatienceMs = 10 * 60_000;
const lockPauseMs = 100;

export interface ProxySetup {
  readonly layout: Layout;
  /** Asked anew for every turn: the roster may have changed. */
  trust(): NodeTrust | Promise<NodeTrust>;
  /** Whether the office has closed an incarnation (§13). */
  readonly isClosed: (origin: string, incarnation: string) => boolean;
  /** `undefined` while the node is not enrolled as a proxy: then everything is taken in and nothing acknowledged. */
  signer(): Promise<ProxySigner | undefined>;
  readonly unpack: Unpack;
  /** Who keeps the facts of archives; left out: nobody. */
  readonly feed?: Feed;
  nowMs(): number;
  readonly randomHex: (bytes: number) => string;
  /** Between two acknowledgements of a shard. */
  readonly acknowledgeSeconds: number;
  /** Aborted: what is begun comes to its end, the rest waits for the next start. */
  readonly stop?: AbortSignal;
}

/** How archives come to the proxy. */
export interface Road {
  /** In one word. */
  readonly how: string;
  /** Whether a path may be a symbolic link: yes where a person names it. */
  readonly links: Links;
}

/** What became of what was brought. */
export interface Work {
  readonly taken: readonly TakenIn[];
  /** Archives that are kept although they do not unpack; with `proxy.store-damaged`, those that were lost before they did. */
  readonly unreadable: readonly Settled[];
}

export class Proxy {
  readonly #setup: ProxySetup;
  readonly #places: ProxyPlaces;
  readonly #index: ProxyIndex;
  /** What opening has found that was not as it should be. */
  readonly scanned: Scanned;
  /** When each shard was acknowledged last, by this process. */
  readonly #writtenAtMs = new Map<number, number>();
  /** Origins whose tables are not as their archives are. */
  readonly #stale = new Set<string>();
  readonly #feedPauses = new FeedPauses();
  /** By this process. */
  readonly #forksFed = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  private constructor(setup: ProxySetup, index: ProxyIndex, scanned: Scanned) {
    this.#setup = setup;
    this.#places = proxyPlaces(setup.layout);
    this.#index = index;
    this.scanned = scanned;
  }

  /**
   * Opens the store, made when it is not there, and finishes what a cut has left undone.
   *
   * @throws FerrymanError `proxy.disk-full`, `proxy.index`, `proxy.epoch`, `lock.held`
   */
  static async open(setup: ProxySetup): Promise<Proxy> {
    const places = proxyPlaces(setup.layout);
    makeStore(places);
    const { index, scanned } = await withLock(places, setup.stop, async () => {
      sweepStore(places);
      sweepParts(places.acks);
      const { database, isNew } = openIndex(places.indexFile);
      const opened = new ProxyIndex(database);
      return { index: opened, scanned: await scanStore({ places, index: opened, isNew }) };
    });
    return new Proxy(setup, index, scanned);
  }

  /**
   * Takes archives in and unpacks them; what of them is new will be acknowledged.
   *
   * @throws FerrymanError `proxy.disk-full`, `proxy.index`, `lock.held`: nothing of what is stored until then is lost
   */
  async takeIn(
    paths: readonly string[],
    { how, links }: Road,
    told: (work: Work) => void = () => undefined,
  ): Promise<void> {
    for (let first = 0; first < paths.length || first === 0; first += perTurn) {
      if (this.#setup.stop?.aborted) return;
      const some = paths.slice(first, first + perTurn);
      await this.#alone(async () => {
        const taken = await takeIn(some, {
          places: this.#places,
          index: this.#index,
          trust: await this.#setup.trust(),
          how,
          links,
          nowMs: this.#setup.nowMs(),
          stop: this.#setup.stop,
        });
        const unreadable: Settled[] = [];
        try {
          await this.#settle(unreadable);
        } finally {
          told({ taken, unreadable });
        }
      });
    }
  }

  /** Unpacks what a cut, a full disk or a feed that was away has left waiting. */
  async finish(): Promise<readonly Settled[]> {
    const unreadable: Settled[] = [];
    await this.#alone(() => this.#settle(unreadable));
    return unreadable;
  }

  async #settle(unreadable: Settled[]): Promise<void> {
    if (this.#feedPauses.isPausing()) return;
    const { unpack, feed, stop } = this.#setup;
    try {
      await settle({ places: this.#places, index: this.#index, unpack, feed, stop }, (one) => {
        this.#stale.add(one.archive.origin);
        if (one.error) unreadable.push(one);
      });
      await asFeedFailure(() => this.#feedForks());
      this.#feedPauses.succeeded();
    } catch (error) {
      if (!(error instanceof FeedFailure)) throw error;
      this.#feedPauses.failed(error.cause);
    }
  }

  async #feedForks(): Promise<void> {
    const { feed } = this.#setup;
    if (!feed) return;
    for (const fork of this.#index.allForks()) {
      const id = `${fork.origin}/${fork.incarnation}/${fork.sequence} ${fork.digest.toString('hex')}`;
      if (this.#forksFed.has(id)) continue;
      await feed.fork(fork);
      this.#forksFed.add(id);
    }
  }

  /** Why archives wait that could be unpacked: nobody keeps their facts. `undefined`: they do not. */
  get feedProblem(): FerrymanError | undefined {
    return this.#feedPauses.problem;
  }

  /** Milliseconds until it is time to {@link finish} what waits for the feed; `undefined`: nothing does. */
  get feedDueInMs(): number | undefined {
    return this.#feedPauses.dueInMs();
  }

  /**
   * Writes the acknowledgements that are due.
   *
   * @param when `due`: of each shard at most one in `acknowledgeSeconds`; `now`: all in which something has changed
   * @throws FerrymanError `proxy.suspended`, `proxy.not-enrolled` when there is something to acknowledge; `proxy.epoch`, `proxy.disk-full`
   */
  async acknowledge(when: 'due' | 'now'): Promise<readonly WrittenAck[]> {
    return this.#alone(async () => {
      const nowMs = this.#setup.nowMs();
      const shards = this.#index.shards.changed().filter((shard) => when === 'now' || this.#isDue(shard));
      if (shards.length === 0) return [];
      const signer = await this.#setup.signer();
      if (!signer)
        throw new FerrymanError(
          'proxy.not-enrolled',
          'expected the enrolment of this node as a proxy, found none: archives are kept and not acknowledged',
        );
      const epoch = await this.#epochUnder(signer);
      if (epoch.suspended !== null)
        throw new FerrymanError('proxy.suspended', `nothing is acknowledged: ${epoch.suspended}`);
      const { isClosed } = this.#setup;
      const written = acknowledge(
        { places: this.#places, index: this.#index, signer, isClosed, nowMs },
        epoch,
        shards,
      );
      for (const { shard } of written) this.#writtenAtMs.set(shard, performance.now());
      for (const origin of this.#stale) writeArchivesTable(this.#places, this.#index, origin);
      this.#stale.clear();
      return written;
    });
  }

  /** Milliseconds until the next acknowledgement is due; `undefined`: nothing has changed. */
  dueInMs(): number | undefined {
    const waits = this.#index.shards.changed().map((shard) => this.#waitMs(shard));
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  /**
   * Tells of an acknowledgement in the name of this proxy that a neighbour has, verified. One that this store cannot have made ends
   * acknowledging until the office enrols the proxy anew.
   *
   * @returns why nothing is acknowledged from here on
   */
  async sawOwnAck(seen: OwnAck): Promise<string | undefined> {
    return this.#alone(async () => {
      const signer = await this.#setup.signer();
      if (!signer) return undefined;
      const before = await this.#epochUnder(signer);
      const after = judgeOwnAck(before, seen);
      if (after !== before) writeEpoch(this.#places, after);
      return after.suspended ?? undefined;
    });
  }

  close(): void {
    this.#index.close();
  }

  /** The epoch, begun when there is none; all that lies about in the name of this proxy is held against it. */
  async #epochUnder(signer: ProxySigner): Promise<StoreEpoch> {
    const kept = readEpoch(this.#places);
    const { randomHex } = this.#setup;
    let epoch = kept ?? { epoch: randomHex(8), serial: signer.serial, number: 0, suspended: null };
    for (const own of await readOwnAcks(this.#places, signer.guid)) epoch = judgeOwnAck(epoch, own);
    const renewed = underEnrolment(epoch, signer.serial, randomHex);
    if (renewed.epoch !== epoch.epoch) this.#index.transaction(() => this.#index.shards.setAllChanged());
    if (renewed !== kept) writeEpoch(this.#places, renewed);
    return renewed;
  }

  #isDue(shard: number): boolean {
    return this.#waitMs(shard) <= 0;
  }

  /** By the clock since the start of the process: the other one may be set. */
  #waitMs(shard: number): number {
    const at = this.#writtenAtMs.get(shard);
    if (at === undefined) return 0;
    return Math.max(0, at + this.#setup.acknowledgeSeconds * 1000 - performance.now());
  }

  /** One step after another, and with the store's lock. */
  #alone<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    const next = this.#last.then(() => withLock(this.#places, this.#setup.stop, work));
    this.#last = next.catch(() => undefined);
    return next;
  }
}

function makeStore({ store }: ProxyPlaces): void {
  try {
    makeFolder(store, 0o700);
  } catch (error) {
    throw asDiskFull(store, error);
  }
}

/** The lock of SQLite is waited for without stopping everything else in this process. */
async function withLock<Result>(
  places: ProxyPlaces,
  stop: AbortSignal | undefined,
  work: () => Promise<Result> | Result,
): Promise<Result> {
  for (let waitedMs = 0; ; waitedMs += lockPauseMs) {
    const lock = tryLock(places);
    if (lock) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (waitedMs >= lockPatienceMs || stop?.aborted)
      throw new FerrymanError(
        'lock.held',
        `${places.lockFile}: expected to work in the store, found it in use`,
      );
    await sleep(lockPauseMs);
  }
}

function tryLock({ lockFile }: ProxyPlaces): Lock | undefined {
  try {
    return takeLock(lockFile);
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.code !== 'ledger.disk-full') throw error;
    throw new FerrymanError('proxy.disk-full', error.message, { cause: error });
  }
}
