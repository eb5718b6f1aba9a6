/** What comes in by the channels, judged by the keys as they are at each look. */
import { join } from 'node:path';
import { backhaul } from '../channels/backhaul.ts';
import { channelNames, type ChannelName } from '../channels/channel-name.ts';
import type { Channel } from '../channels/channel.ts';
import { secondLook } from '../channels/second-look.ts';
import type { SetAside } from '../channels/set-aside.ts';
import { markOf, type Trust } from '../verify/trust.ts';
import type { Context } from './context.ts';
import type { CurrentTrust } from './current-trust.ts';
import { takeIn } from './take-in.ts';

export class Intake {
  readonly #context: Context;
  readonly #onNews: () => void;
  readonly channels: readonly Channel[];
  readonly #trust: CurrentTrust;
  #hasLookedAtStore = false;

  /** @param onNews called when something was taken in, or the keys have changed */
  constructor(context: Context, trust: CurrentTrust, onNews: () => void) {
    this.#context = context;
    this.#trust = trust;
    this.#onNews = onNews;
    const { layout, config } = context;
    const aside = (name: ChannelName): SetAside => ({
      folder: join(layout.setAside, name),
      afterSeconds: config.channels.quietSeconds,
    });
    this.channels = [backhaul(config.channels.backhaul, aside('backhaul'))];
  }

  /**
   * Takes in what has arrived, and after a change of the trusted keys also what they had kept out.
   *
   * @param context the intake's own, or one that marks no progress
   * @returns keys and threshold as they are now: in every round, so that revoked keys start nothing
   */
  async takeIn(context: Context, signal: AbortSignal): Promise<Trust> {
    const { ledger } = context;
    const trust = this.#trust.read();
    const mark = markOf(trust);
    const before = ledger.fact('trust');
    const isChanged = before !== mark;
    if (isChanged) for (const channel of this.channels) channel.trustChanged();
    const again = [
      ...(isChanged && before !== undefined ? this.#secondLooks() : []),
      ...(this.#hasLookedAtStore ? [] : [this.#store()]),
    ];
    this.#hasLookedAtStore = true;
    const channels = [...this.channels, ...again];
    if ((await takeIn(context, channels, trust, signal)) || isChanged) this.#onNews();
    if (isChanged && !signal.aborted) ledger.setFact('trust', mark);
    return trust;
  }

  /** Parcels that the ledger does not know: it was lost, and those that need not run again are still for neighbours. */
  #store(): Channel {
    const { layout, ledger } = this.#context;
    const isUnknown = (name: string): boolean =>
      name.endsWith('.zip') && !ledger.updates.has(name.slice(0, -'.zip'.length));
    return secondLook(layout.relayUpdates, 'flood', isUnknown);
  }

  #secondLooks(): Channel[] {
    const { setAside } = this.#context.layout;
    return channelNames.map((name) => secondLook(join(setAside, name), name));
  }
}
