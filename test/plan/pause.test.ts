import { describe, expect, it } from 'vitest';
import { pauseSeconds, maxDeferrals } from '../../src/plan/pause.ts';

const limits = { firstSeconds: 60, maxSeconds: 3600 };

describe('the pause after a deferral', () => {
  it('doubles from the first to the longest', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8].map((deferrals) => pauseSeconds(deferrals, limits));
    expect(pauses).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600]);
  });

  it('stays the longest to the last deferral that is allowed', () => {
    expect(pauseSeconds(maxDeferrals, limits)).toBe(3600);
    expect(pauseSeconds(5000, limits)).toBe(3600);
  });

  it('is never longer than the longest, even the first one', () => {
    expect(pauseSeconds(1, { firstSeconds: 100, maxSeconds: 10 })).toBe(10);
  });
});
