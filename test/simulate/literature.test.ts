import { beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../fixtures/traces/random.ts';
import { readScenario } from '../../tools/simulate/read-scenario.ts';
import { simulate } from '../../tools/simulate/simulate.ts';
import { exponentialMeetings } from './exponential.ts';

/**
 * Groenevelt, Nain, Koole 2005: where each pair of N + 1 nodes meets at rate β, epidemic delivery takes H_N / (β N) on average, and
 * (N + 1) / 2 nodes hold a copy by then. In each run every node sends one message to the next.
 */
describe.each([
  { others: 20, runs: 500 },
  { others: 50, runs: 80 },
])('with $others nodes besides the destination that all meet alike', ({ others, runs }) => {
  const harmonic = Array.from({ length: others }, (_, index) => 1 / (index + 1)).reduce(
    (sum, each) => sum + each,
    0,
  );
  let found: { delay: number; copies: number; undelivered: number };

  beforeAll(() => {
    const random = randomFrom(2005);
    const nodes = Array.from({ length: others + 1 }, (_, node) => node);
    const messages = nodes.map((from) => `0 M${from} 1 ${from} ${(from + 1) % nodes.length} 0 N`).join('\n');
    found = { delay: 0, copies: 0, undelivered: 0 };
    for (let run = 0; run < runs; run++) {
      const contacts = exponentialMeetings(nodes.length, 1, (4 * harmonic) / others, random);
      const scenario = readScenario({ name: 'c', text: contacts }, { name: 'm', text: messages }, Infinity);
      const { results } = simulate(scenario, {
        limits: { bufferBytes: Infinity, bytesPerSecond: Infinity },
        policy: 'ferryman',
      });
      found.delay += (results.meanDelaySeconds ?? NaN) / runs;
      found.copies += (results.meanCopiesAtDelivery ?? NaN) / runs;
      found.undelivered += results.created - results.delivered;
    }
  });

  it('the mean delay is within 2 % of H_N / N', () => {
    const ratio = found.delay / (harmonic / others);
    expect(ratio).toBeGreaterThan(0.98);
    expect(ratio).toBeLessThan(1.02);
  });

  it('on average (N + 1) / 2 nodes hold a copy at delivery, within 2 %', () => {
    const ratio = found.copies / ((others + 1) / 2);
    expect(ratio).toBeGreaterThan(0.98);
    expect(ratio).toBeLessThan(1.02);
  });

  it('the trace is long enough for all of them', () => {
    expect(found.undelivered).toBeLessThan((runs * others) / 10_000);
  });
});
