import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace, usualPaces } from '../../../src/usb/detect/pace.ts';
import { StickTally } from '../../../src/usb/detect/tally.ts';

function present(insertion: string, isSettled = true) {
  return { stick: { device: '/dev/sdz1', serial: undefined, insertion, sizeBytes: 1 }, isSettled };
}

describe('what is told of', () => {
  it('whatever looks find, each insertion is told once while it is there, and each told one goes once', () => {
    const look = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(look), (looks) => {
        const tally = new StickTally(2);
        const there = new Set<string>();
        for (const [now, found] of looks.entries()) {
          const unique = new Map<string, boolean>(found);
          const { removed, inserted } = tally.update(
            [...unique].map(([insertion, isSettled]) => present(insertion, isSettled)),
            now,
          );
          for (const { insertion } of removed) expect(there.delete(insertion)).toBe(true);
          for (const { insertion } of inserted) expect(there.has(insertion)).toBe(false);
          for (const { insertion } of inserted) there.add(insertion);
          expect([...there].every((insertion) => unique.has(insertion))).toBe(true);
          expect(tally.sticks.map(({ insertion }) => insertion).toSorted()).toEqual([...there].toSorted());
        }
      }),
    );
  });

  it('one that is not settled is waited for, counted anew when it was away', () => {
    const tally = new StickTally(100);
    const look = (now: number) => tally.update([present('a', false)], now).inserted.length;
    expect([look(0), look(99)]).toEqual([0, 0]);
    expect(tally.isWaiting).toBe(true);
    tally.update([], 99);
    expect([look(100), look(199), look(200)]).toEqual([0, 0, 1]);
    expect(tally.isWaiting).toBe(false);
  });
});

describe('when to look next', () => {
  const { slowMs, aloneMs, searchMs, searchPauseMs, laterPauseMs } = usualPaces;

  it('rarely while a back end listens, more often while none does', () => {
    const pace = new Pace(usualPaces);
    expect(pace.pauseMs(0, false, false)).toBe(slowMs);
    expect(pace.pauseMs(0, true, false)).toBe(aloneMs);
  });

  it('again and again after a hint, less so later or when something was found, and then as before', () => {
    const pace = new Pace(usualPaces);
    pace.hinted(1000);
    expect(pace.pauseMs(1000, false, false)).toBe(searchPauseMs);
    expect(pace.pauseMs(1000 + searchMs / 2, false, false)).toBe(laterPauseMs);
    expect(pace.pauseMs(1000 + searchMs, false, false)).toBe(slowMs);
    pace.hinted(100_000);
    pace.found();
    expect(pace.pauseMs(100_000, false, false)).toBe(laterPauseMs);
  });

  it('soon while a device waits for its file system', () => {
    expect(new Pace(usualPaces).pauseMs(0, false, true)).toBe(searchPauseMs);
  });
});
