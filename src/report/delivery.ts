/**
 * Hands waiting short logs to their sinks, beside everything else: each sink has a lane of its own, so one that is slow or dead holds
 * up neither the others nor an update. After a failure a sink is left alone for a pause that grows, also across restarts.
 */
import { FerrymanError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { OutboxRow, SinkRow } from '../ledger/rows.ts';
import { pauseSeconds, type PauseLimits } from '../plan/pause.ts';
import type { ShortLogSink } from './sinks/sink.ts';

/** Puts a short log into the outbox, once for every sink; in the transaction of the outcome that it tells. */
export function queueShortLog(
  ledger: Ledger,
  sinks: readonly ShortLogSink[],
  message: Parameters<Ledger['outbox']['add']>[1],
): void {
  for (const sink of sinks) ledger.outbox.add(sink.name, message);
}

export interface DeliverySurroundings {
  readonly ledger: Ledger;
  readonly sinks: readonly ShortLogSink[];
  readonly pauses: PauseLimits;
  readonly host: { now(): string; uptimeSeconds(): number; readonly bootId: string };
  /** @param note what the sink did not pass on */
  readonly onTaken: (message: OutboxRow, note?: string) => void;
  /** Told once for each round that fails. */
  readonly onProblem: (problem: FerrymanError) => void;
}

/** A text that its sink did not take in this round. */
interface Failed {
  readonly message: OutboxRow;
  readonly problem: FerrymanError;
}

/** Failures after which a round is over: the second one tells a dead sink from a text that it does not like. */
const failuresInRound = 2;

export class Delivery {
  readonly #at: DeliverySurroundings;
  readonly #lanes = new Map<string, Promise<void>>();
  /** Taken by their sinks, but the ledger had no room to say so: these are never sent again. */
  readonly #unrecorded = new Set<number>();

  constructor(surroundings: DeliverySurroundings) {
    this.#at = surroundings;
  }

  /** Lets every sink tend to what it has, and begins a round where something waits and that is not at work or to be left alone. Returns at once. */
  start(signal: AbortSignal): void {
    const { ledger, sinks } = this.#at;
    const failing = new Map(ledger.outbox.failingSinks().map((row) => [row.name, row]));
    for (const sink of sinks) {
      sink.tend?.();
      if (this.#lanes.has(sink.name) || this.#isPaused(failing.get(sink.name))) continue;
      if (ledger.outbox.waiting(sink.name, 1).length === 0) continue;
      const round = this.#round(sink, signal)
        .catch((error: unknown) => this.#tellOrThrow(error))
        .finally(() => this.#lanes.delete(sink.name));
      this.#lanes.set(sink.name, round);
    }
  }

  /** Settles when every round that has begun is over: at most the timeout of a sink later for each text that waits. */
  async settled(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all(this.#lanes.values());
  }

  /** Oldest first; after a failure one other text is tried, so that a text which a sink refuses does not stop all others. */
  async #round(sink: ShortLogSink, signal: AbortSignal): Promise<void> {
    const failed: Failed[] = [];
    while (failed.length < failuresInRound && !signal.aborted) {
      const message = this.#next(sink.name, failed[0]);
      if (!message) break;
      const problem = await this.#send(sink, message, signal);
      if (problem && !signal.aborted) failed.push({ message, problem });
    }
    if (failed[0]) this.#pause(sink.name, failed, failed[0].problem);
  }

  #next(sink: string, failed: Failed | undefined): OutboxRow | undefined {
    const { outbox } = this.#at.ledger;
    return failed ? outbox.leastTried(sink, failed.message.id) : outbox.waiting(sink, 1)[0];
  }

  async #send(
    sink: ShortLogSink,
    message: OutboxRow,
    signal: AbortSignal,
  ): Promise<FerrymanError | undefined> {
    let note: string | undefined;
    try {
      if (!this.#unrecorded.has(message.id)) note = (await sink.send(message, signal)) ?? undefined;
    } catch (error) {
      if (error instanceof FerrymanError && error.code === 'report.failed') return error;
      throw error;
    }
    const { ledger, host } = this.#at;
    this.#unrecorded.add(message.id);
    ledger.transaction(() => ledger.outbox.setDelivered(message, host.now(), note));
    this.#unrecorded.delete(message.id);
    this.#at.onTaken(message, note);
    return undefined;
  }

  #pause(name: string, failed: readonly Failed[], problem: FerrymanError): void {
    const { ledger, host, pauses, onProblem } = this.#at;
    const before = ledger.outbox.failingSinks().find((sink) => sink.name === name);
    const failures = (before?.failures ?? 0) + 1;
    ledger.transaction(() => {
      for (const one of failed) ledger.outbox.setProblem(one.message, one.problem.message);
      ledger.outbox.setFailing({
        name,
        failures,
        problem: problem.message,
        retryBootId: host.bootId,
        retryUptimeSeconds: host.uptimeSeconds() + pauseSeconds(failures, pauses),
      });
    });
    onProblem(problem);
  }

  #isPaused(failing: SinkRow | undefined): boolean {
    const { host } = this.#at;
    return failing?.retryBootId === host.bootId && failing.retryUptimeSeconds > host.uptimeSeconds();
  }

  /** A full disk is told and waited out; all else is a defect. */
  #tellOrThrow(error: unknown): void {
    if (!(error instanceof FerrymanError)) throw error;
    this.#at.onProblem(error);
  }
}
