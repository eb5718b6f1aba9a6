/**
 * What of the daemon is at work, and its end: each part is told to stop, and one that does not come to its end in time, on a disk or a
 * network that does not answer, is named and left where it stands. What is kept is safe from that, as from a power cut.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FerrymanError } from '../errors.ts';

/** Less than systemd waits before it kills without a word: TimeoutStopSec in src/service/unit.ts. */
export const endingMs = 60_000;

export class PartsAtWork {
  readonly #parts = new Set<string>();

  /** Remembers what is at work until it ends. @param part in words, for people */
  async until<Result>(part: string, work: Promise<Result>): Promise<Result> {
    this.#parts.add(part);
    try {
      return await work;
    } finally {
      this.#parts.delete(part);
    }
  }

  /**
   * Waits for the end of all, and from the moment of the signal on no longer than `ms`.
   *
   * @throws FerrymanError `daemon.still-at-work` with the parts that have not ended; and what `all` throws
   */
  async end(all: Promise<void>, signal: AbortSignal, ms = endingMs): Promise<void> {
    const over = new AbortController();
    const late = async (): Promise<never> => {
      await until(signal, over.signal);
      await sleep(ms, undefined, { signal: over.signal });
      throw new FerrymanError(
        'daemon.still-at-work',
        `expected everything to end within ${ms / 1000} s of being told to, found still at work: ${[...this.#parts].join(', ')}`,
      );
    };
    try {
      await Promise.race([all, late()]);
    } finally {
      over.abort();
    }
  }
}

/** Settles when the first is aborted; with the second never, and waits for nothing any more. */
function until(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: over });
  });
}
