/**
 * The controller: the whole story of an update on a node, stage by stage. Works only while it holds the lock.
 *
 *   Arrival → StoredParcel → VerifiedParcel → (plan) → UnpackedUpdate → RunOutcome → ledger row → report
 */
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
import type { Delivery } from '../report/delivery.ts';
import { markOf, type Trust } from '../verify/verify.ts';
import type { Context } from './context.ts';
import { planResting, planUpdates, type PlannedUpdate } from './plan-updates.ts';
import { isWrongForGood, refuseContents } from './refuse-contents.ts';
import { isRebooting, keepAllLogs, makeDelivery, rebootIfWanted } from './reports.ts';
import { runUpdate } from './run-update.ts';
import { settleRun } from './settle-run.ts';
import { takeIn } from './take-in.ts';
import { prune, restoreFolders, sweep } from './tidy.ts';

/** Seconds before something that could not be done (full disk, missing copy) is tried again. */
const postponeSeconds = 60;
/** Seconds between two looks at what has been kept long enough. */
const pruneSeconds = 3600;
/** How long sinks may take at the end of a pass that is not followed by another. */
const deliveryGraceMs = 10_000;

export class Controller {
  readonly #context: Context;
  readonly #delivery: Delivery;
  readonly #stopDelivery = new AbortController();
  readonly channels: readonly Channel[];
  /** Uptime, in seconds. */
  #pruneAfter = 0;
  /** Updates that could not be started just now, with the uptime at which they may be tried again. */
  readonly #postponed = new Map<string, number>();

  constructor(context: Context) {
    this.#context = context;
    this.#delivery = makeDelivery(context);
    const { layout, config, ledger } = context;
    const aside = (name: ChannelName): SetAside => ({
      folder: join(layout.setAside, name),
      afterSeconds: config.channels.quietSeconds,
    });
    this.channels = [
      backhaul(config.channels.backhaul, aside('backhaul')),
      flood(layout.relayUpdates, aside('flood'), (digest) => ledger.updates.has(digest)),
      usb(config.channels.usb),
    ];
    restoreFolders(context);
    sweep(context);
    planResting(context);
  }

  /**
   * One full pass: settles what was running, takes in what has arrived, runs what is ready, reports.
   *
   * @throws FerrymanError verdict `halt`: nothing can be done before a person has changed something
   */
  async pass(signal: AbortSignal): Promise<void> {
    const context = this.#context;
    const open = context.ledger.runs.open();
    if (open) await settleRun(context, open, { signal, hint: new Promise(() => undefined) });
    await this.#report();
    while (!signal.aborted) {
      const trust = await this.#takeIn(signal);
      this.#deliver();
      if (signal.aborted || isRebooting(context)) return;
      const next = planUpdates(context).find((update) => !this.#isPostponed(update));
      if (!next) return;
      await this.#run(trust, next, signal);
      await this.#report();
    }
  }

  /**
   * Takes in what has arrived, and after a change of the trusted keys also what they had kept out.
   *
   * @returns keys and threshold as they are now: in every round, so that revoked keys start nothing
   */
  async #takeIn(signal: AbortSignal): Promise<Trust> {
    const { layout, ledger } = this.#context;
    const trust = loadTrust(layout, loadConfig(layout).trust.threshold);
    const mark = markOf(trust);
    const isChanged = ledger.fact('trust') !== mark;
    if (isChanged) for (const channel of this.channels) channel.trustChanged();
    const channels = isChanged ? [...this.channels, ...this.#secondLooks()] : this.channels;
    if ((await takeIn(this.#context, channels, trust, signal)) || isChanged) this.#postponed.clear();
    if (isChanged && !signal.aborted) ledger.setFact('trust', mark);
    return trust;
  }

  #secondLooks(): Channel[] {
    const { setAside } = this.#context.layout;
    return channelNames.map((name) => secondLook(join(setAside, name), name));
  }

  async #run(trust: Trust, update: PlannedUpdate, signal: AbortSignal): Promise<void> {
    try {
      await runUpdate(this.#context, trust, update, signal);
      if (this.#context.ledger.updates.find(update.digest)?.state === 'verified') this.#postpone(update);
    } catch (error) {
      if (!(error instanceof FerrymanError) || this.#context.ledger.runs.open()) throw error;
      await this.#cannotStart(trust, update, error);
    }
  }

  /** The update was not started: refused for good when its contents are wrong, else tried again after a while. */
  async #cannotStart(trust: Trust, update: PlannedUpdate, error: FerrymanError): Promise<void> {
    if (await isWrongForGood(this.#context, trust, update.digest, error)) {
      refuseContents(this.#context, update, error);
      return;
    }
    const { ledger, host, tell } = this.#context;
    const { digest, terms } = update;
    ledger.transaction(() => ledger.updates.setState(digest, 'waiting', error.message, host.now()));
    this.#postpone(update);
    const text = `waiting: ${error.message} [${error.code}]`;
    tell({ level: 'warning', subject: `update ${terms.sequence}`, text, digest });
  }

  #postpone({ digest }: PlannedUpdate): void {
    this.#postponed.set(digest, this.#context.host.uptimeSeconds() + postponeSeconds);
  }

  #isPostponed({ digest }: PlannedUpdate): boolean {
    return (this.#postponed.get(digest) ?? 0) > this.#context.host.uptimeSeconds();
  }

  async #report(): Promise<void> {
    restoreFolders(this.#context);
    keepAllLogs(this.#context);
    this.#deliver();
    this.#pruneSometimes();
    await rebootIfWanted(this.#context);
  }

  #pruneSometimes(): void {
    const uptimeSeconds = this.#context.host.uptimeSeconds();
    if (uptimeSeconds < this.#pruneAfter) return;
    prune(this.#context);
    this.#pruneAfter = uptimeSeconds + pruneSeconds;
  }

  #deliver(): void {
    this.#delivery.start(this.#stopDelivery.signal);
  }

  /** Before the ledger is closed: waits a while for the sinks that are at work; what they do not take stays in the outbox. */
  async finish(graceMs: number): Promise<void> {
    const timer = setTimeout(() => this.#stopDelivery.abort(), graceMs);
    await this.#delivery.settled();
    clearTimeout(timer);
  }
}

/** One full pass that is not followed by another. @throws FerrymanError as {@link Controller.pass} */
export async function passOnce(context: Context, signal: AbortSignal): Promise<void> {
  const controller = new Controller(context);
  try {
    await controller.pass(signal);
  } finally {
    await controller.finish(signal.aborted ? 0 : deliveryGraceMs);
  }
}
