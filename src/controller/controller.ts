/**
 * The controller: the whole story of an update on a node, stage by stage. Works only while it holds the lock.
 *
 *   Arrival → InboxFile → VerifiedFile → (plan) → UnpackedUpdate → RunOutcome → ledger row → report
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FerrymanError } from '../errors.ts';
import type { RunRow } from '../ledger/rows.ts';
import type { Delivery } from '../report/delivery.ts';
import type { Trust } from '../verify/trust.ts';
import type { Context } from './context.ts';
import { CurrentTrust } from './current-trust.ts';
import { Intake } from './intake.ts';
import { noNews, notLooked, waitForNews, type News } from './news.ts';
import { planResting, planUpdates, type PlannedUpdate } from './plan-updates.ts';
import { isWrongForGood, refuseContents } from './refuse-contents.ts';
import { isRebooting, rebootIfWanted } from './reboot.ts';
import { keepAllLogs, makeDelivery } from './reports.ts';
import { settleRun } from './settle-run.ts';
import { StartPauses } from './start-pauses.ts';
import { startUpdate, type StartedRun } from './start-update.ts';
import { afterProblemMs, tellProblem } from './tell-problem.ts';
import { prune, restoreFolders, sweep } from './tidy.ts';

/** Seconds between two looks at what has been kept long enough. */
const pruneSeconds = 3600;
/** How long sinks may take at the end of a pass that is not followed by another. */
const deliveryGraceMs = 10_000;

/** The news, and how much of it was known when the channels were last looked at. */
interface Looked {
  readonly news: News;
  readonly seen: number;
}

export class Controller {
  readonly #context: Context;
  readonly #delivery: Delivery;
  readonly #stopDelivery = new AbortController();
  readonly #pauses: StartPauses;
  readonly #intake: Intake;
  /** Uptime, in seconds. */
  #pruneAfter = 0;

  constructor(context: Context, trust: CurrentTrust) {
    this.#context = context;
    this.#delivery = makeDelivery(context);
    restoreFolders(context);
    sweep(context);
    this.#pauses = new StartPauses(context);
    this.#intake = new Intake(context, trust, () => this.#pauses.end());
    planResting(context);
  }

  /** Where parcels are looked for. */
  get folders(): readonly string[] {
    return this.#intake.channels.map((channel) => channel.folder);
  }

  /**
   * One full pass: settles what was running, takes in what has arrived, runs what is ready, reports.
   *
   * @param news of what arrives while a script runs; without it, that is looked for at every rescan only
   * @throws FerrymanError verdict `halt`: nothing can be done before a person has changed something
   */
  async pass(signal: AbortSignal, news: News = noNews): Promise<void> {
    const context = this.#context;
    const open = context.ledger.runs.open();
    if (open) await this.#settleFound(open, signal, news);
    await this.#report();
    for (let hasWaited = false; !signal.aborted;) {
      context.progress();
      const seen = news.look();
      const trust = await this.#intake.takeIn(context, signal);
      this.#deliver();
      if (signal.aborted || isRebooting(context)) return;
      const [next] = planUpdates(context);
      if (!next) return;
      // Once before each start: what a key has brought meanwhile may come first, or supersede this one.
      if (!hasWaited && (await context.keysAtWork())) {
        hasWaited = true;
        continue;
      }
      hasWaited = false;
      await this.#run(trust, next, signal, { news, seen });
      await this.#report();
    }
  }

  /** A run that a former process began: with another version, when its script has replaced ferryman. */
  async #settleFound(open: RunRow, signal: AbortSignal, news: News): Promise<void> {
    const { ledger, host, version } = this.#context;
    const found = { run: open, hint: new Promise<void>(() => undefined) };
    await this.#settle(found, signal, { news, seen: notLooked });
    const update = ledger.updates.find(open.digest);
    if (ledger.runs.open() || !update) return;
    const text = `recorded by ferryman ${version}, which found it begun`;
    ledger.updates.note(update.digest, update.state, text, host.now());
  }

  async #run(trust: Trust, update: PlannedUpdate, signal: AbortSignal, looked: Looked): Promise<void> {
    const { ledger } = this.#context;
    const { digest } = update;
    try {
      const started = await startUpdate(this.#context, trust, update, signal);
      if (!started) return;
      await this.#settle(started, signal, looked);
      const row = ledger.updates.find(digest);
      if (row?.state === 'verified')
        this.#pauses.begin(digest, `not started: ${started.problem ?? row.reason}`);
      else this.#pauses.forget(digest);
    } catch (error) {
      if (!(error instanceof FerrymanError) || ledger.runs.open()) throw error;
      await this.#cannotStart(trust, update, error);
    }
  }

  /** Brings a run to its end. What arrives meanwhile is taken in, planned and reported; nothing else is started. */
  async #settle({ run, hint }: StartedRun, signal: AbortSignal, looked: Looked): Promise<void> {
    const ended = new AbortController();
    const intake = this.#keepTakingIn(AbortSignal.any([signal, ended.signal]), looked);
    intake.catch(() => undefined); // a defect in it is thrown below, when the run is settled
    try {
      await settleRun(this.#context, run, hint, signal);
    } finally {
      ended.abort();
      await intake;
    }
  }

  async #keepTakingIn(signal: AbortSignal, { news, seen }: Looked): Promise<void> {
    const { config, tell } = this.#context;
    const quiet = { ...this.#context, progress: () => undefined }; // else it would hide a follower that hangs
    for (let last = seen; ;) {
      await waitForNews(news, last, config.channels.rescanSeconds * 1000, signal);
      if (signal.aborted) return;
      last = news.look();
      try {
        await this.#intake.takeIn(quiet, signal);
        planUpdates(this.#context);
        this.#deliver();
      } catch (error) {
        tellProblem(tell, error);
        last = notLooked; // what could not be taken in is no news by itself
        await sleep(afterProblemMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** The update was not started: refused for good when its contents are wrong, else tried again after a while. */
  async #cannotStart(trust: Trust, update: PlannedUpdate, error: FerrymanError): Promise<void> {
    if (await isWrongForGood(this.#context, trust, update.digest, error)) {
      refuseContents(this.#context, update, error);
      return;
    }
    const { digest, terms } = update;
    this.#pauses.begin(digest, error.message);
    const text = `waiting: ${error.message} [${error.code}]`;
    this.#context.tell({ level: 'warning', subject: `update ${terms.sequence}`, text, digest });
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
export async function passOnce(
  context: Context,
  signal: AbortSignal,
  trust = new CurrentTrust(context),
): Promise<void> {
  const controller = new Controller(context, trust);
  try {
    await controller.pass(signal);
  } finally {
    await controller.finish(signal.aborted ? 0 : deliveryGraceMs);
  }
}
