/** The fuzzer itself: it must find what is there, by what it sees, and the same with the same seed. */
import { expect, it } from 'vitest';
import { Campaign, type Plan, type Result } from './campaign.ts';
import { holds, type Target } from './target.ts';

const secret = Buffer.from('key');

/** Breaks for one beginning of three bytes, and runs one more block for each of them that is right. */
const guarded: Target = {
  name: 'guarded',
  maxBytes: 48,
  blocksPerByte: 1,
  seeds: () => [Buffer.from('0123')],
  run(input) {
    const { blockCounters: counters } = globalThis as { blockCounters?: Uint32Array };
    const right = secret.findIndex((byte, index) => input[index] !== byte);
    counters?.fill(1, 0, Math.max(right, 0));
    holds(right !== -1, 'nobody knows the word');
    return 'accepted';
  },
};

function fuzz(target: Target, changes: Partial<Plan>): Promise<Result> {
  const plan = {
    seed: 1,
    iterations: 100_000,
    maxMs: Infinity,
    counters: 16,
    kept: [],
    scratch: '',
    texts: [Buffer.from('a')],
  };
  return new Campaign(target, { ...plan, ...changes }, () => undefined).run();
}

it('a defect behind three bytes is found byte by byte, and its input made as short as it can be', async () => {
  const { findings } = await fuzz(guarded, {});
  expect(findings.map(({ input, message }) => [String(input), message])).toEqual([
    [String(secret), 'nobody knows the word'],
  ]);
});

it('without counters it is not found: they are what leads there', async () => {
  expect((await fuzz(guarded, { counters: 0 })).findings).toEqual([]);
});

it('the same seed gives the same run', async () => {
  const runs = [await fuzz(guarded, { iterations: 2000 }), await fuzz(guarded, { iterations: 2000 })];
  expect(runs[0]).toEqual(runs[1]);
});

it('inputs that reached something are worth keeping, and lead the next run further', async () => {
  const first = await fuzz(guarded, { iterations: 5000 });
  expect(first.worthKeeping.length).toBeGreaterThan(0);
  expect(first.findings).toEqual([]);
  const next = await fuzz(guarded, { iterations: 0, kept: first.worthKeeping });
  expect(next.blocks).toBe(first.blocks);
});

it('an input that makes too many blocks run is a finding, as is one that throws anything', async () => {
  const slow: Target = {
    ...guarded,
    run(input) {
      const { blockCounters: counters } = globalThis as { blockCounters?: Uint32Array };
      if (counters && input.length > 40) counters[0] = input.length ** 3;
      if (input.length === 0) throw new TypeError('no bytes');
      return 'accepted';
    },
  };
  const { findings } = await fuzz(slow, { iterations: 5000 });
  expect(findings.map(({ message }) => message.replace(/ at .*/, '')).toSorted()).toEqual([
    'N blocks of code run for N bytes of input',
    'TypeError',
  ]);
});
