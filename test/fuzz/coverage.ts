/**
 * What an input made run: which blocks, about how often, and with what end. The counters are put into the sources when
 * the fuzzer is bundled (tools/fuzz/count-blocks.mjs); without them there is nothing to see.
 */

const steps = 4;

/** Counts of the blocks of all counted sources, since they were last cleared. */
function counters(): Uint32Array {
  return ((globalThis as { blockCounters?: Uint32Array }).blockCounters ??= new Uint32Array(65_536));
}

export function clearCounters(used: number): void {
  counters().fill(0, 0, used);
}

/** How many blocks ran, each counted as often as it did. */
export function blocksRun(used: number): number {
  return counters()
    .subarray(0, used)
    .reduce((sum, count) => sum + count, 0);
}

/** Everything that some input has made happen so far. */
export class Seen {
  readonly #used: number;
  readonly #features: Uint8Array;
  readonly #ends = new Set<string>();
  /** How finely counts are told apart: once or more, or also more than 3 and more than 15 times. */
  readonly #grain: 'coarse' | 'fine';

  constructor(used: number, grain: 'coarse' | 'fine') {
    this.#used = used;
    this.#features = new Uint8Array(used * steps);
    this.#grain = grain;
  }

  /** Adds what the counters hold now. @returns whether any of it is new */
  add(end: string): boolean {
    const counts = counters();
    let isNew = !this.#ends.has(end);
    this.#ends.add(end);
    for (let block = 0; block < this.#used; block++) {
      const count = counts[block] ?? 0;
      if (count === 0) continue;
      const feature = block * steps + this.#step(count);
      if (this.#features[feature] === 1) continue;
      this.#features[feature] = 1;
      isNew = true;
    }
    return isNew;
  }

  /** How many blocks were reached. */
  get blocks(): number {
    let reached = 0;
    for (let block = 0; block < this.#used; block++)
      if (this.#features.subarray(block * steps, (block + 1) * steps).includes(1)) reached++;
    return reached;
  }

  #step(count: number): number {
    if (count === 1) return 0;
    if (this.#grain === 'coarse' || count < 4) return 1;
    return count < 16 ? 2 : 3;
  }
}
