/**
 * Archives that an error of ours kept out of the fleet store are handed to it once more at each start of the daemon: after an upgrade that
 * has mended it, nobody needs to think of them.
 */
import type { FleetFeed } from '../fleet/ingest/fleet-feed.ts';
import { FerrymanError } from '../errors.ts';
import type { Layout } from '../node/layout.ts';
import { feedAgain } from '../proxy/feed-again.ts';
import { proxyPlaces } from '../proxy/places.ts';
import type { Feed } from '../proxy/settle.ts';
import type { Context } from './context.ts';

export interface Entering {
  readonly feed: Pick<FleetFeed, 'notEntered'>;
  readonly hands: Feed;
  readonly layout: Layout;
  /** GUID of this node. */
  readonly proxy: string;
  readonly tell: Context['tell'];
}

export class EnteringLater {
  readonly #entering: Entering;
  readonly #stop = new AbortController();
  #work: Promise<void> | undefined;

  constructor(entering: Entering) {
    this.#entering = entering;
  }

  /** Begins where that has not been done; a store that is away is asked again the next time. */
  begin(): void {
    this.#work ??= this.#enter().catch((error: unknown) => {
      if (error instanceof FerrymanError) this.#work = undefined;
      else if (!this.#stop.signal.aborted) this.#say('warning', String(error));
    });
  }

  /** Settles when it has been done. */
  async done(): Promise<void> {
    await this.#work;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#work;
  }

  /** Of each archive the feed itself tells when it is not taken again. */
  async #enter(): Promise<void> {
    const { feed, hands, layout, proxy } = this.#entering;
    const before = await feed.notEntered(proxy);
    if (before.length === 0) return;
    await feedAgain(proxyPlaces(layout), {
      feed: hands,
      only: before,
      isKnown: () => false,
      progress: () => undefined,
      tell: ({ message, code }) => this.#say('warning', `${message} [${code}]`),
      signal: this.#stop.signal,
    });
    const { length: left } = await feed.notEntered(proxy);
    const entered = `${before.length - left} of ${before.length} archives that were not entered are`;
    this.#say(left === 0 ? 'info' : 'warning', left === 0 ? entered : `${entered}; please report the rest`);
  }

  #say(level: 'info' | 'warning', text: string): void {
    this.#entering.tell({ level, subject: 'fleet store', text });
  }
}
