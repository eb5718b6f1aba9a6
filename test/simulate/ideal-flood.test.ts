import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readScenario } from '../../tools/simulate/read-scenario.ts';
import { simulate, type PolicyName } from '../../tools/simulate/simulate.ts';
import { idealFlood } from './ideal-flood.ts';

const unlimited = { bufferBytes: Infinity, bytesPerSecond: Infinity };

function delays(contacts: string, messages: string, policy: PolicyName): Map<string, number | undefined> {
  const scenario = readScenario({ name: 'c', text: contacts }, { name: 'm', text: messages }, Infinity);
  const played = simulate(scenario, { limits: unlimited, policy });
  return new Map(played.messages.map(({ id, delay }) => [id, delay]));
}

const node = fc.integer({ min: 0, max: 7 });

/** Few nodes and few moments, so that much happens at once; contacts that come up twice and go without being there. */
const trace = fc
  .array(fc.record({ at: fc.integer({ min: 0, max: 12 }), a: node, b: node, isUp: fc.boolean() }), {
    maxLength: 60,
  })
  .map((events) =>
    events
      .filter(({ a, b }) => a !== b)
      .toSorted((one, other) => one.at - other.at)
      .map(({ at, a, b, isUp }) => `${at} CONN ${isUp ? 'c' : ''}${a} ${b} ${isUp ? 'up' : 'down'}\n`)
      .join(''),
  );

const created = fc
  .array(fc.record({ at: fc.integer({ min: 0, max: 12 }), from: node, to: node }), { maxLength: 20 })
  .map((messages) =>
    messages
      .toSorted((one, other) => one.at - other.at)
      .map(({ at, from, to }, index) => `${at} M${index} 1000 ${from} p${to} 300 N\n`)
      .join(''),
  );

describe('without limits', () => {
  it.each(['ferryman', 'epidemic'] as const)(
    'every message arrives by %s when an ideal flood brings it',
    (policy) => {
      fc.assert(
        fc.property(trace, created, (contacts, messages) => {
          expect(delays(contacts, messages, policy)).toEqual(idealFlood(contacts, messages));
        }),
        { numRuns: 400 },
      );
    },
  );
});
