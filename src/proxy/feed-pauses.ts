/** When a feed that has failed is tried again: after growing pauses, by the clock since the start of the process. */
import type { FerrymanError } from '../errors.ts';

const firstPauseMs = 2000;
const longestPauseMs = 300_000;

export class FeedPauses {
  #problem: FerrymanError | undefined;
  #pauseMs = 0;
  #againAtMs = 0;

  /** What it failed of last; `undefined`: it works. */
  get problem(): FerrymanError | undefined {
    return this.#problem;
  }

  isPausing(): boolean {
    return (this.dueInMs() ?? 0) > 0;
  }

  dueInMs(): number | undefined {
    return this.#problem === undefined ? undefined : Math.max(0, this.#againAtMs - performance.now());
  }

  failed(problem: FerrymanError): void {
    this.#problem = problem;
    this.#pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, this.#pauseMs * 2));
    this.#againAtMs = performance.now() + this.#pauseMs;
  }

  succeeded(): void {
    this.#problem = undefined;
    this.#pauseMs = 0;
  }
}
