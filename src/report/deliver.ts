/** Hands waiting short logs to their sinks. */
import { FerrymanError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ShortLog, ShortLogSink } from './sinks.ts';

/** Puts a short log into the outbox, once for every sink; in the transaction of the outcome that it tells. */
export function queueShortLog(
  ledger: Ledger,
  sinks: readonly ShortLogSink[],
  message: ShortLog & { readonly digest: string },
): void {
  for (const sink of sinks) ledger.outbox.add(sink.name, message);
}

/** Texts tried in one go. */
const batch = 100;

/**
 * Tries every waiting short log once; what a sink refuses stays. One bad sink does not stop the others.
 *
 * @returns the first problem of each sink that had one
 */
export function deliverShortLogs(
  ledger: Ledger,
  sinks: readonly ShortLogSink[],
  now: () => string,
): FerrymanError[] {
  const failed = new Map<string, FerrymanError>();
  for (const message of ledger.outbox.waiting(batch)) {
    const sink = sinks.find((candidate) => candidate.name === message.sink);
    if (!sink || failed.has(message.sink)) continue;
    try {
      sink.send(message);
      ledger.outbox.setDelivered(message.id, now());
    } catch (error) {
      if (!(error instanceof FerrymanError) || error.code !== 'report.failed') throw error;
      failed.set(message.sink, error);
      ledger.outbox.setProblem(message.id, error.message);
    }
  }
  return [...failed.values()];
}
