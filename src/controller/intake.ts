/** What comes in: the channels, and the keys and the threshold by which their parcels are judged, as they are at each look. */
import { join } from 'node:path';
import { backhaul } from '../channels/backhaul.ts';
import { channelNames, type ChannelName } from '../channels/channel-name.ts';
import type { Channel } from '../channels/channel.ts';
import { flood } from '../channels/flood.ts';
import { secondLook } from '../channels/second-look.ts';
import type { SetAside } from '../channels/set-aside.ts';
import { usb } from '../channels/usb.ts';
import { FerrymanError } from '../errors.ts';
import { loadConfig } from '../node/config.ts';
import { loadTrust } from '../node/trust-store.ts';
import { markOf, type Trust } from '../verify/trust.ts';
import type { Context } from './context.ts';
import { takeIn } from './take-in.ts';

export class Intake {
  readonly #context: Context;
  readonly #onNews: () => void;
  readonly channels: readonly Channel[];
  #lastThreshold: number;
  /** Told already. */
  #configProblem = '';

  /** @param onNews called when something was taken in, or the keys have changed */
  constructor(context: Context, onNews: () => void) {
    this.#context = context;
    this.#onNews = onNews;
    const { layout, config, ledger } = context;
    this.#lastThreshold = config.trust.threshold;
    const aside = (name: ChannelName): SetAside => ({
      folder: join(layout.setAside, name),
      afterSeconds: config.channels.quietSeconds,
    });
    this.channels = [
      backhaul(config.channels.backhaul, aside('backhaul')),
      flood(layout.relayUpdates, aside('flood'), (digest) => ledger.updates.has(digest)),
      usb(config.channels.usb),
    ];
  }

  /**
   * Takes in what has arrived, and after a change of the trusted keys also what they had kept out.
   *
   * @param context the intake's own, or one that marks no progress
   * @returns keys and threshold as they are now: in every round, so that revoked keys start nothing
   */
  async takeIn(context: Context, signal: AbortSignal): Promise<Trust> {
    const { layout, ledger } = context;
    const trust = loadTrust(layout, this.#threshold());
    const mark = markOf(trust);
    const before = ledger.fact('trust');
    const isChanged = before !== mark;
    if (isChanged) for (const channel of this.channels) channel.trustChanged();
    const again = isChanged && before !== undefined ? this.#secondLooks() : [];
    const channels = [...this.channels, ...again];
    if ((await takeIn(context, channels, trust, signal)) || isChanged) this.#onNews();
    if (isChanged && !signal.aborted) ledger.setFact('trust', mark);
    return trust;
  }

  /**
   * As it is now. While the configuration is not in order, as it was: the next update may be what mends it. Keys that are taken away count
   * all the same.
   */
  #threshold(): number {
    const { layout, tell } = this.#context;
    try {
      this.#lastThreshold = loadConfig(layout).trust.threshold;
      this.#configProblem = '';
    } catch (error) {
      if (!(error instanceof FerrymanError)) throw error;
      if (error.message !== this.#configProblem)
        tell({
          level: 'error',
          subject: 'configuration',
          text: `${error.message} [${error.code}]\nthe last one in order counts on`,
        });
      this.#configProblem = error.message;
    }
    return this.#lastThreshold;
  }

  #secondLooks(): Channel[] {
    const { setAside } = this.#context.layout;
    return channelNames.map((name) => secondLook(join(setAside, name), name));
  }
}
