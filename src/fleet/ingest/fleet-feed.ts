/**
 * Hands what a proxy has settled to the fleet store, which is opened when the first archive comes and opened again after it was away.
 * Whatever an archive holds, it keeps no other back: only a store that is away does.
 */
import { FerrymanError } from '../../errors.ts';
import { inWords, openFleetStore, type FleetStore, type FleetStoreConfig } from '../store/open-store.ts';
import { pruneFleetStore, type FleetRetention } from '../store/prune.ts';
import { closeIncarnations, type ClosedIncarnation } from './close-incarnations.ts';
import { ingestArchives, noteFork, type ForkedArchive, type UnpackedArchive } from './ingest-archive.ts';
import { markNotEntered, notEnteredOf, type NotEntered } from './not-entered.ts';
import type { ArchiveWord } from './settled-archive.ts';

export interface FeedSetup {
  readonly config: FleetStoreConfig & FleetRetention;
  /** What the office has closed, by the newest roster; asked before each archive. */
  readonly closed: () => readonly ClosedIncarnation[];
  readonly nowMs: () => number;
  /** What is wrong with an archive, and keeps nothing back. */
  readonly tell: (text: string) => void;
}

const pruneMs = 24 * 3600 * 1000;
/** Portions that one archive waits for. */
const portionsAtOnce = 4;

export class FleetFeed {
  readonly #setup: FeedSetup;
  #store: Promise<FleetStore> | undefined;
  #prunedAtMs = -Infinity;
  #closed = '[]';

  constructor(setup: FeedSetup) {
    this.#setup = setup;
  }

  /** @throws FerrymanError `fleet.*`: all are to be handed in again */
  async archives(archives: readonly UnpackedArchive[]): Promise<void> {
    let alone = 0;
    for (let left = archives; left.length > 0;) {
      const some = alone > 0 ? left.slice(0, 1) : left;
      const taken = await this.#take(some);
      // The one that the store refuses is among them: each by itself, so that it keeps no other back.
      alone = taken === 0 ? some.length : Math.max(0, alone - taken);
      left = left.slice(taken);
    }
  }

  /** @returns how many are done with, from the first; 0: the store refuses one of several */
  async #take(some: readonly UnpackedArchive[]): Promise<number> {
    const store = await this.#opened();
    try {
      await this.#closeWhatIsClosed(store);
      const ingested = await ingestArchives(store, some);
      for (const [index, { badLines, problem }] of ingested.entries())
        if (badLines > 0)
          this.#setup.tell(
            `${nameOf(some[index])}: expected lines as docs/format.md says, found ${badLines} others: ${problem}`,
          );
      await this.#pruneNowAndThen(store);
      return ingested.length;
    } catch (error) {
      this.#throwIfAway(error);
      const [first] = some;
      if (!first || some.length > 1) return 0;
      await this.#setAside(store, first, error);
      return 1;
    }
  }

  /** Another try would end as this one has: the proxy goes on, and tries again when it is started, mended perhaps. */
  async #setAside(store: FleetStore, refused: UnpackedArchive, error: unknown): Promise<void> {
    this.#tellRefused(nameOf(refused), error);
    try {
      await markNotEntered(store, refused.archive, error instanceof Error ? error.message : String(error));
    } catch (marking) {
      this.#throwIfAway(marking);
      this.#setup.tell(
        `${nameOf(refused)}: nor is it marked; "ferryman fleet rebuild" brings it in: ${String(marking)}`,
      );
    }
  }

  /** Another content under a name that is taken. @throws FerrymanError `fleet.*` */
  async fork(fork: ForkedArchive): Promise<void> {
    const store = await this.#opened();
    try {
      await store.alone((transaction) => noteFork(transaction, fork));
    } catch (error) {
      this.#throwIfAway(error);
      this.#tellRefused(`fork of ${fork.origin}/${fork.incarnation}/${fork.sequence}`, error);
    }
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await (await store?.catch(() => undefined))?.close();
  }

  /** @throws FerrymanError `fleet.*`: what was handed in is to be handed in again */
  #throwIfAway(thrown: unknown): void {
    if (!(thrown instanceof FerrymanError)) return;
    // Not waited for: the end of a connection that is cut may take for ever.
    this.close().catch(() => undefined);
    throw thrown;
  }

  #tellRefused(name: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#setup.tell(`${name}: ${inWords(this.#setup.config)} has not taken it, please report it: ${text}`);
  }

  /** What this proxy has acknowledged and the store has not, for an error of ours. @throws FerrymanError `fleet.*` */
  async notEntered(proxy: string): Promise<NotEntered[]> {
    return notEnteredOf(await this.#opened(), proxy);
  }

  /** Opening that has failed is not kept: the next archive tries anew. @throws FerrymanError `fleet.*` */
  async #opened(): Promise<FleetStore> {
    const opening = (this.#store ??= openFleetStore(this.#setup.config));
    try {
      return await opening;
    } catch (error) {
      if (this.#store === opening) this.#store = undefined;
      throw error;
    }
  }

  async #closeWhatIsClosed(store: FleetStore): Promise<void> {
    const closed = this.#setup.closed();
    const spelled = JSON.stringify(closed);
    if (spelled === this.#closed) return;
    await closeIncarnations(store, closed);
    this.#closed = spelled;
  }

  /** What is left over goes with the next archives. The archive is in the store: pruning that fails keeps nothing back. */
  async #pruneNowAndThen(store: FleetStore): Promise<void> {
    if (performance.now() - this.#prunedAtMs < pruneMs) return;
    const { config, nowMs, tell } = this.#setup;
    try {
      const { isDone } = await pruneFleetStore(store, config, nowMs(), { portions: portionsAtOnce });
      if (isDone) this.#prunedAtMs = performance.now();
    } catch (error) {
      this.#prunedAtMs = performance.now();
      const text = error instanceof Error ? error.message : String(error);
      tell(`${store.where}: old contacts and short logs are not removed, the next try is in a day: ${text}`);
    }
  }
}

function nameOf(one: UnpackedArchive | undefined): string {
  if (!one) return 'archive';
  const { origin, incarnation, sequence } = one.archive;
  return `archive ${origin}/${incarnation}/${sequence}`;
}

/** An archive as a proxy has it in its index. */
export interface HandedArchive {
  readonly origin: string;
  readonly incarnation: string;
  readonly sequence: number;
  readonly class: string;
  readonly digest: Buffer;
  readonly bytes: number;
  /** RFC 3339, by the proxy's clock. */
  readonly receivedAt: string;
  readonly how: string;
}

/** Unpacked into a folder, or why it does not unpack. */
export type HandedContents =
  | { readonly folder: string; readonly word: ArchiveWord }
  | { readonly problem: FerrymanError };

export interface Handed {
  readonly archive: HandedArchive;
  readonly contents: HandedContents;
}

/** Another content under a name that is taken. */
export type HandedFork = Pick<HandedArchive, 'origin' | 'incarnation' | 'sequence' | 'digest'> & {
  /** RFC 3339, by the proxy's clock. */
  readonly firstAt: string;
};

/** What a proxy calls for what it settles. */
export interface FeedingHands {
  archives(handed: readonly Handed[]): Promise<void>;
  fork(fork: HandedFork): Promise<void>;
}

/** @param proxy its GUID */
export function handTo(feed: FleetFeed, proxy: string): FeedingHands {
  return {
    archives: (handed) => feed.archives(handed.map((one) => settledAt(proxy, one))),
    fork: ({ origin, incarnation, sequence, digest, firstAt }) =>
      feed.fork({
        origin,
        incarnation,
        sequence,
        digest: digest.toString('hex'),
        receivedAtMs: Date.parse(firstAt),
        proxy,
      }),
  };
}

function settledAt(proxy: string, { archive, contents }: Handed): UnpackedArchive {
  const isReadable = 'folder' in contents;
  const { origin, incarnation, sequence, bytes, digest, receivedAt, how } = archive;
  return {
    archive: {
      origin,
      incarnation,
      sequence,
      class: archive.class,
      bytes,
      digest: digest.toString('hex'),
      receivedAtMs: Date.parse(receivedAt),
      road: how,
      proxy,
      word: isReadable ? contents.word : undefined,
      problem: isReadable ? '' : `${contents.problem.message} [${contents.problem.code}]`,
    },
    folder: isReadable ? contents.folder : undefined,
  };
}
