import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meetingSeconds, meetingShares, type ContactLedger } from '../../../src/flood/decide/reach.ts';
import { copyValue, likelihood, type CopyFacts } from '../../../src/flood/decide/value.ts';

const facts: CopyFacts = {
  bytes: 1000,
  lifeSeconds: 3600,
  reachSeconds: 1800,
  others: [],
  staySeconds: 3600,
};
const seconds = fc.integer({ min: 1, max: 1_000_000 });

function ledger(...meetings: number[]): ContactLedger {
  return {
    meetings: Float64Array.from(meetings),
    seconds: 1000,
    total: meetings.reduce((sum, each) => sum + each, 0),
  };
}

describe('the worth of a copy', () => {
  it('is more at a node that gets there sooner', () => {
    fc.assert(
      fc.property(seconds, seconds, (a, b) => {
        const [sooner, later] = [Math.min(a, b), Math.max(a, b)];
        expect(copyValue({ ...facts, reachSeconds: sooner })).toBeGreaterThanOrEqual(
          copyValue({ ...facts, reachSeconds: later }),
        );
      }),
    );
  });

  it('is less with every other copy that is known, the least with a fresh one', () => {
    fc.assert(
      fc.property(seconds, seconds, (reachSeconds, secondsAgo) => {
        const withOne = copyValue({ ...facts, others: [{ reachSeconds, secondsAgo }] });
        const withFresh = copyValue({ ...facts, others: [{ reachSeconds, secondsAgo: 0 }] });
        expect(withOne).toBeLessThanOrEqual(copyValue(facts));
        expect(withFresh).toBeLessThanOrEqual(withOne);
      }),
    );
  });

  it('is without limit where it is acknowledged, and nothing where nobody is ever met or its time is over', () => {
    expect(copyValue({ ...facts, reachSeconds: 0 })).toBe(Infinity);
    expect(copyValue({ ...facts, reachSeconds: Infinity })).toBe(0);
    expect(copyValue({ ...facts, lifeSeconds: -1 })).toBe(0);
  });

  it('is by byte', () => {
    expect(copyValue({ ...facts, bytes: 500 })).toBeCloseTo(2 * copyValue(facts), 12);
  });
});

describe('the wait for a meeting', () => {
  it('is what was counted, when much was counted', () => {
    expect(meetingSeconds(ledger(0, 500, 500), 1, 0.5)).toBeCloseTo(2, 5);
  });

  it('is a guess from how busy both are, when nothing was counted', () => {
    expect(meetingSeconds(ledger(0, 0, 100), 1, 0.1)).toBeGreaterThan(100);
    expect(meetingSeconds(ledger(0, 0, 100), 1, 0.1)).toBeLessThan(Infinity);
    expect(meetingSeconds(ledger(0, 0, 100), 1, 0)).toBe(Infinity);
  });

  it('is shorter the more often two have met', () => {
    const waits = [0, 1, 2, 5, 50].map((met) => meetingSeconds(ledger(0, met, 100 - met), 1, 0.1));
    expect(waits).toEqual(waits.toSorted((a, b) => b - a));
  });

  it('knows the share of each node in all meetings, where nobody is heard of: none', () => {
    expect([...meetingShares([ledger(0, 3), ledger(1, 0), undefined])]).toEqual([0.75, 0.25, 0]);
    expect([...meetingShares([undefined])]).toEqual([0]);
  });

  it('gives the likelihood to meet in time', () => {
    expect(likelihood(100, 0)).toBe(0);
    expect(likelihood(100, 100)).toBeCloseTo(1 - 1 / Math.E, 12);
    expect(likelihood(Infinity, 100)).toBe(0);
  });
});
