/** Which sticks have been told of, and what a look changes in that. Pure: times are given, in milliseconds. */
import type { Stick } from '../stick.ts';
import type { PresentStick } from './look.ts';

interface Changes {
  readonly removed: readonly Stick[];
  readonly inserted: readonly Stick[];
}

export class StickTally {
  readonly #settleMs: number;
  #told = new Map<string, Stick>();
  /** Insertion to when it was seen first, of those that are not told of yet. */
  #waiting = new Map<string, number>();

  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  get sticks(): readonly Stick[] {
    return [...this.#told.values()];
  }

  /** True while a device is there that may yet become something better. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Takes what a look has found; a stick put back in between has another insertion, so it is removed and inserted. */
  update(present: readonly PresentStick[], now: number): Changes {
    const there = new Set(present.map(({ stick }) => stick.insertion));
    const removed = this.sticks.filter(({ insertion }) => !there.has(insertion));
    for (const { insertion } of removed) this.#told.delete(insertion);
    const inserted = this.#ripe(present, now);
    for (const stick of inserted) this.#told.set(stick.insertion, stick);
    return { removed, inserted };
  }

  #ripe(present: readonly PresentStick[], now: number): Stick[] {
    const fresh = present.filter(({ stick }) => !this.#told.has(stick.insertion));
    const since = new Map(
      fresh.map(({ stick: { insertion } }) => [insertion, this.#waiting.get(insertion) ?? now]),
    );
    const isRipe = ({ stick, isSettled }: PresentStick) =>
      isSettled || now - (since.get(stick.insertion) ?? now) >= this.#settleMs;
    const ripe = fresh.filter(isRipe).map(({ stick }) => stick);
    for (const { insertion } of ripe) since.delete(insertion);
    this.#waiting = since;
    return ripe;
  }
}
