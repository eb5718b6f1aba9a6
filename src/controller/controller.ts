/**
 * The controller: the whole story of an update on a node, stage by stage. Works only while it holds the lock.
 *
 *   Arrival → StoredParcel → VerifiedParcel → (plan) → UnpackedUpdate → RunOutcome → ledger row → report
 */
import { basename, join } from 'node:path';
import { backhaul } from '../channels/backhaul.ts';
import type { ChannelName } from '../channels/channel-name.ts';
import type { Channel } from '../channels/channel.ts';
import { flood } from '../channels/flood.ts';
import type { SetAside } from '../channels/set-aside.ts';
import { usb } from '../channels/usb.ts';
import { makeFolder, sweepParts } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { listInbox, sweepInbox, type InboxFile } from '../inbox/inbox.ts';
import { stateFolders } from '../node/layout.ts';
import { loadTrust } from '../node/trust-store.ts';
import { runFolder, sweepRunFolders } from '../run/run-folder.ts';
import type { Trust } from '../verify/verify.ts';
import { admit } from './admit.ts';
import { collect, type Collected } from './collect.ts';
import type { Context } from './context.ts';
import { planUpdates, type PlannedUpdate } from './plan-updates.ts';
import { dropUpdate } from './relay-store.ts';
import { deliverReports, isRebooting, keepAllLogs, rebootIfWanted } from './reports.ts';
import { runUpdate } from './run-update.ts';
import { settleRun } from './settle-run.ts';

/** Seconds before something that could not be done (full disk, missing copy) is tried again. */
const postponeSeconds = 60;

export class Controller {
  readonly #context: Context;
  readonly channels: readonly Channel[];
  /** Updates that could not be started just now, with the uptime at which they may be tried again. */
  readonly #postponed = new Map<string, number>();

  constructor(context: Context) {
    this.#context = context;
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
    this.#restoreFolders();
    this.#sweep();
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
      // In every round: the update before may have changed the keys, and revoked ones must not start another.
      const trust = loadTrust(context.layout, context.config.threshold);
      await this.#takeIn(trust);
      if (isRebooting(context)) return;
      const next = planUpdates(context).find((update) => !this.#isPostponed(update));
      if (!next) return;
      await this.#run(trust, next, signal);
      await this.#report();
    }
  }

  /** Everything that has arrived, into the ledger. */
  async #takeIn(trust: Trust): Promise<void> {
    const collected = await collect(this.#context, this.channels);
    for (const file of listInbox(this.#context.layout.inbox)) {
      try {
        const sources = collected.filter((candidate) => candidate.file.path === file.path);
        const name = sources[0] ? basename(sources[0].arrival.path) : '';
        const refusal = await admit(this.#context, trust, file, name);
        if (!refusal) this.#postponed.clear();
        for (const source of sources) this.#answer(source, refusal);
      } catch (error) {
        this.#leaveInInbox(file, error);
      }
    }
    deliverReports(this.#context);
  }

  /** Nothing can be said of this file now: it stays, the others go on. A ledger that cannot be written stops everything. */
  #leaveInInbox(file: InboxFile, error: unknown): void {
    const expected =
      error instanceof FerrymanError
        ? !error.code.startsWith('ledger.')
        : isSystemError(error, 'ENOSPC', 'EDQUOT', 'EIO', 'EROFS');
    if (!expected || !(error instanceof Error)) throw error;
    this.#context.tell({
      level: 'warning',
      subject: `file ${file.fileHash.slice(0, 16)} by ${file.channel}`,
      text: `left in the inbox for now: ${error.message}`,
    });
  }

  /** A script, or a person who tidies up, may have removed folders: that must not stop what comes after. */
  #restoreFolders(): void {
    for (const [path, mode] of stateFolders(this.#context.layout)) makeFolder(path, mode);
  }

  /** Removes what a former life left half-made. */
  #sweep(): void {
    const { layout, ledger } = this.#context;
    sweepInbox(layout.inbox);
    for (const folder of [layout.relayUpdates, layout.log]) sweepParts(folder);
    const open = ledger.runs.open();
    const wanted = [...(open ? [open] : []), ...ledger.runs.withoutLogs()];
    sweepRunFolders(
      layout.runs,
      new Set(wanted.map((run) => runFolder(layout.runs, run.digest, run.run).path)),
    );
  }

  #answer({ channel, arrival }: Collected, refusal: FerrymanError | undefined): void {
    if (refusal) channel.refused(arrival, refusal, this.#context.host.uptimeSeconds());
    else
      try {
        channel.accepted(arrival);
      } catch (error) {
        if (!isSystemError(error)) throw error;
        const text = `received, but its source cannot be removed: ${error.message}`;
        this.#context.tell({ level: 'warning', subject: arrival.path, text });
      }
  }

  async #run(trust: Trust, update: PlannedUpdate, signal: AbortSignal): Promise<void> {
    try {
      await runUpdate(this.#context, trust, update, signal);
      if (this.#context.ledger.updates.find(update.digest)?.state === 'verified') this.#postpone(update);
    } catch (error) {
      if (!(error instanceof FerrymanError) || this.#context.ledger.runs.open()) throw error;
      this.#cannotStart(update, error);
    }
  }

  /** The update was not started: refused for good when its contents are wrong, else tried again after a while. */
  #cannotStart(update: PlannedUpdate, error: FerrymanError): void {
    const { layout, ledger, host, tell } = this.#context;
    const refused = error.verdict === 'reject' && !error.code.startsWith('verify.');
    const state = refused ? 'refused' : 'waiting';
    ledger.transaction(() => ledger.updates.setState(update.digest, state, error.message, host.now()));
    if (refused) dropUpdate(layout, update.digest);
    else this.#postpone(update);
    tell({
      level: 'warning',
      subject: `update ${update.terms.sequence}`,
      text: `${state}: ${error.message} [${error.code}]`,
      digest: update.digest,
    });
  }

  #postpone({ digest }: PlannedUpdate): void {
    this.#postponed.set(digest, this.#context.host.uptimeSeconds() + postponeSeconds);
  }

  #isPostponed({ digest }: PlannedUpdate): boolean {
    return (this.#postponed.get(digest) ?? 0) > this.#context.host.uptimeSeconds();
  }

  async #report(): Promise<void> {
    this.#restoreFolders();
    keepAllLogs(this.#context);
    deliverReports(this.#context);
    await rebootIfWanted(this.#context);
  }
}
