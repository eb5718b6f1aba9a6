/**
 * The loop: take a kept input, change it, run the target, keep what reached something new. The same seed, budget of
 * inputs and corpus give the same run.
 */
import { Random } from '../crash/random.ts';
import { blocksRun, clearCounters, Seen } from './coverage.ts';
import { mutate, pick, type Material } from './mutate.ts';
import { Broken, type Target } from './target.ts';

export interface Plan {
  readonly seed: number;
  /** Changed inputs to try. */
  readonly iterations: number;
  /** Milliseconds after which no further input is tried. */
  readonly maxMs: number;
  /** Counters in the sources. */
  readonly counters: number;
  /** Texts that stand in the sources. */
  readonly texts: readonly Buffer[];
  /** Inputs kept by earlier runs. */
  readonly kept: readonly Buffer[];
  readonly scratch: string;
}

export interface Finding {
  readonly input: Buffer;
  readonly message: string;
}

export interface Result {
  readonly tried: number;
  readonly blocks: number;
  readonly findings: readonly Finding[];
  /** Few small inputs that reach what all reached, without the seeds of the target. */
  readonly worthKeeping: readonly Buffer[];
}

/** Findings after which a run ends: one defect is mostly found again and again. */
const maxFindings = 5;
/** Blocks that every input may make run, however short. */
const blocksAtLeast = 5000;

export class Campaign {
  readonly #target: Target;
  readonly #plan: Plan;
  /** Told of every input before it is tried, so that one that never ends is known. */
  readonly #announce: (input: Buffer) => void;
  readonly #findings = new Map<string, Buffer>();

  constructor(target: Target, plan: Plan, announce: (input: Buffer) => void) {
    this.#target = target;
    this.#plan = plan;
    this.#announce = announce;
  }

  async run(): Promise<Result> {
    const { seed, iterations, maxMs, kept, texts, counters } = this.#plan;
    const seen = new Seen(counters, 'fine');
    const pool: Buffer[] = [];
    for (const input of [...this.#target.seeds(), ...kept]) {
      const end = await this.#try(input);
      if (seen.add(end) || pool.length === 0) pool.push(input);
    }
    const random = new Random(seed);
    const { maxBytes } = this.#target;
    const words = (this.#target.words ?? []).map((word) => Buffer.from(word));
    const material: Material = { random, words, texts, maxBytes, other: () => pick(random, pool) };
    const endsAt = performance.now() + maxMs;
    let tried = 0;
    while (tried < iterations && this.#findings.size < maxFindings && performance.now() < endsAt) {
      tried++;
      const input = mutate(random.chance(0.3) ? pick(random, pool.slice(-20)) : pick(random, pool), material);
      if (seen.add(await this.#try(input))) pool.push(input);
    }
    const findings = await this.#shrunk();
    return { tried, blocks: seen.blocks, findings, worthKeeping: await this.#worthKeeping(pool) };
  }

  /** Runs one input; what it breaks is noted. @returns what came of it */
  async #try(input: Buffer): Promise<string> {
    this.#announce(input);
    const { end, failure } = await this.#judge(input);
    if (failure !== undefined && !this.#findings.has(failure)) this.#findings.set(failure, input);
    return end;
  }

  async #judge(input: Buffer): Promise<{ readonly end: string; readonly failure?: string }> {
    clearCounters(this.#plan.counters);
    try {
      const end = await this.#target.run(input, this.#plan.scratch);
      const ran = blocksRun(this.#plan.counters);
      if (ran > blocksAtLeast + input.length * this.#target.blocksPerByte)
        throw new Broken(`${ran} blocks of code run for ${input.length} bytes of input`);
      return { end };
    } catch (error) {
      return { end: (error as Error).name, failure: describeFailure(error as Error) };
    }
  }

  /** The findings with their inputs made shorter as long as the same comes of them. */
  async #shrunk(): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const [message, found] of this.#findings) {
      let input = found;
      for (let size = input.length >> 1; size > 0; size >>= 1) {
        for (let at = 0; at < input.length;) {
          const shorter = Buffer.concat([input.subarray(0, at), input.subarray(at + size)]);
          this.#announce(shorter);
          if ((await this.#judge(shorter)).failure === message) input = shorter;
          else at += size;
        }
      }
      findings.push({ input, message });
    }
    return findings;
  }

  async #worthKeeping(pool: readonly Buffer[]): Promise<Buffer[]> {
    const seen = new Seen(this.#plan.counters, 'coarse');
    for (const input of this.#target.seeds()) seen.add(await this.#try(input));
    const worth: Buffer[] = [];
    for (const input of pool.toSorted((a, b) => a.length - b.length || Buffer.compare(a, b)))
      if (seen.add(await this.#try(input))) worth.push(input);
    return worth;
  }
}

/** Words that are the same for the same defect: a broken promise, or an error and the line of ours that it came from. */
function describeFailure(error: Error): string {
  if (error instanceof Broken) return error.message.replaceAll(/\d+/g, 'N');
  const place = error.stack?.split('\n').find((line) => /\.ts:\d+/.test(line)) ?? '';
  return `${error.name}${place.replace(/^ *at/, ' at').replace(/\(?\/.*\/(?=src|test)/, '')}`;
}
