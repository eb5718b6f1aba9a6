import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTraces } from '../../fixtures/traces/make.ts';
import { readScenario, type SourceText, type TimeToLive } from '../../tools/simulate/read-scenario.ts';
import { policyNames, simulate, type Played, type PolicyName } from '../../tools/simulate/simulate.ts';
import { idealFlood } from './ideal-flood.ts';

const folder = join(import.meta.dirname, '../../fixtures/traces');
const unlimited = { bufferBytes: Infinity, bytesPerSecond: Infinity };

function source(name: string): SourceText {
  return { name, text: readFileSync(join(folder, name), 'utf8') };
}

function play(
  trace: string,
  limits: typeof unlimited,
  policy: PolicyName,
  ttl: TimeToLive = Infinity,
): Played {
  const scenario = readScenario(source(`${trace}.contacts.txt`), source(`${trace}.messages.txt`), ttl);
  return simulate(scenario, { limits, policy });
}

describe('the traces in fixtures/traces', () => {
  it('are those that their scripts make', () => {
    const other = makeTraces().filter(([name, text]) => source(name).text !== text);
    expect(other.map(([name]) => name)).toEqual([]);
  });

  it.each(['village', 'town'])(
    '%s: without limits every message comes when an ideal flood brings it',
    (trace) => {
      const ideal = idealFlood(source(`${trace}.contacts.txt`).text, source(`${trace}.messages.txt`).text);
      const { messages } = play(trace, unlimited, 'ferryman');
      expect(messages.length).toBeGreaterThan(90);
      expect(new Map(messages.map(({ id, delay }) => [id, delay]))).toEqual(ideal);
    },
  );

  it.each(['village', 'town'])('%s: with 5 MB and 250 kB a second the results are as they were', (trace) => {
    const limits = { bufferBytes: 5_000_000, bytesPerSecond: 250_000 };
    const found = (['ferryman', 'maxprop', 'epidemic'] as const).map((policy) => {
      const { results } = play(trace, limits, policy, 300);
      return [policy, results.delivered, Math.round(results.meanDelaySeconds ?? NaN), results.transfers];
    });
    expect(found).toMatchSnapshot();
  });
});

describe('when room and contact time are short', () => {
  const limits = { bufferBytes: 5_000_000, bytesPerSecond: 250_000 };
  const delivered = Object.fromEntries(
    policyNames.map((name) => [name, play('town', limits, name as PolicyName, 300).results.delivered]),
  ) as Record<PolicyName, number>;

  it('ferryman delivers clearly more than plain epidemic', () => {
    expect(delivered.ferryman).toBeGreaterThan(1.5 * delivered.epidemic);
  });

  it('ferryman delivers more than MaxProp', () => {
    expect(delivered.ferryman).toBeGreaterThan(delivered.maxprop);
  });
});
