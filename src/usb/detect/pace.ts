/** When to look next. Pure: it takes times of a clock that never jumps, in milliseconds. */

export interface Paces {
  /** Between looks while a back end listens or glances are taken, which may miss something. */
  readonly slowMs: number;
  /** Between looks otherwise. */
  readonly aloneMs: number;
  /** How long a hint makes us look more often. */
  readonly searchMs: number;
  /** Between those looks, at first and then. */
  readonly searchPauseMs: number;
  readonly laterPauseMs: number;
  /** Between any two looks, however many hints come. */
  readonly leastMs: number;
  /** Between glances at the slots and the kernel's list of devices, which cost next to nothing. */
  readonly glanceMs: number;
  /** How long a device without a known file system is waited for. */
  readonly settleMs: number;
  /** How long lsblk may take. */
  readonly lsblkMs: number;
}

export const usualPaces: Paces = {
  slowMs: 30_000,
  aloneMs: 3000,
  searchMs: 15_000,
  searchPauseMs: 300,
  laterPauseMs: 1000,
  leastMs: 100,
  glanceMs: 3000,
  settleMs: 3000,
  lsblkMs: 10_000,
};

export class Pace {
  readonly #paces: Paces;
  #hintedAt = Number.NEGATIVE_INFINITY;
  #isAnswered = true;

  constructor(paces: Paces) {
    this.#paces = paces;
  }

  hinted(now: number): void {
    this.#hintedAt = now;
    this.#isAnswered = false;
  }

  /** What was hinted at has been found; another stick of the same hub may follow. */
  found(): void {
    this.#isAnswered = true;
  }

  /** @param isAlone nothing else tells of changes. @param isWaiting a device is there that is not settled */
  pauseMs(now: number, isAlone: boolean, isWaiting: boolean): number {
    const { searchMs, searchPauseMs, laterPauseMs, aloneMs, slowMs } = this.#paces;
    const sinceHint = now - this.#hintedAt;
    const isEarly = !this.#isAnswered && sinceHint < searchMs / 3;
    if (isWaiting || isEarly) return searchPauseMs;
    if (sinceHint < searchMs) return laterPauseMs;
    return isAlone ? aloneMs : slowMs;
  }
}
