import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueAt, lateRule, silentRule, stateAt } from '../../../src/fleet/questions/lateness.ts';
import { nodeStates } from '../../../src/fleet/states.ts';

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.parse('2026-11-21T12:00:00Z');
const time = fc.integer({ min: now - 400 * day, max: now + 400 * day });
const heard = fc.record({
  state: fc.constantFrom('failed' as const, 'behind' as const, 'current' as const, 'new' as const),
  pausedUntil: fc.option(time),
  heardAt: fc.option(time),
  rhythmSeconds: fc.option(fc.integer({ min: 0, max: 60 * 86_400 })),
});
function rank(state: string): number {
  return ['behind', 'late', 'silent'].indexOf(state);
}

describe('lateness', () => {
  it.each([
    ['every hour, two days ago less a minute', 1, 48 - 1 / 60, 'current'],
    ['every hour, two days and a minute ago', 1, 48 + 1 / 60, 'late'],
    ['every hour, two weeks and a minute ago', 1, 336 + 1 / 60, 'silent'],
    ['every week, 20 days ago', 168, 480, 'current'],
    ['every week, 22 days ago', 168, 528, 'late'],
    ['every week, 69 days ago', 168, 1656, 'late'],
    ['every week, 71 days ago', 168, 1704, 'silent'],
  ])('of a node that is heard %s: %d h, %d h → %s', (_name, rhythmHours, hoursAgo, state) => {
    const node = { state: 'current' as const, pausedUntil: null, rhythmSeconds: rhythmHours * 3600 };
    expect(stateAt({ ...node, heardAt: now - hoursAgo * hour }, now)).toBe(state);
  });

  it('gives every node one state, and only grows worse while nothing is heard', () => {
    fc.assert(
      fc.property(heard, time, fc.nat(500 * day), (node, at, later) => {
        const before = stateAt(node, at);
        const after = stateAt(node, at + later);
        expect(nodeStates).toContain(before);
        const isPaused = before === 'paused' || after === 'paused';
        expect(isPaused || rank(after) >= rank(before)).toBe(true);
        expect(rank(before) < 0 || isPaused || rank(after) >= 0).toBe(true);
      }),
    );
  });

  it('is neither for a paused node, nor for one never heard; a failure stays a failure', () => {
    fc.assert(
      fc.property(heard, time, (node, at) => {
        expect(stateAt({ ...node, pausedUntil: at + 1 }, at)).toBe('paused');
        expect(stateAt({ ...node, pausedUntil: at, heardAt: null }, at)).toBe('new');
        expect(stateAt({ ...node, state: 'failed', pausedUntil: null, heardAt: 0 }, at)).toBe('failed');
      }),
    );
  });

  it('comes before silence, and never before two days; a clock that went back makes nobody late', () => {
    fc.assert(
      fc.property(heard, ({ heardAt, rhythmSeconds }) => {
        const late = dueAt({ heardAt, rhythmSeconds }, lateRule);
        const silent = dueAt({ heardAt, rhythmSeconds }, silentRule);
        expect([late === null, silent === null]).toEqual([heardAt === null, heardAt === null]);
        expect((late ?? 2 * day) - (heardAt ?? 0)).toBeGreaterThanOrEqual(2 * day);
        expect((silent ?? 1) > (late ?? 0)).toBe(true);
        const node = { state: 'current' as const, pausedUntil: null, heardAt, rhythmSeconds };
        expect(['new', 'current']).toContain(stateAt(node, (heardAt ?? 0) - 1000 * day));
      }),
    );
  });
});
