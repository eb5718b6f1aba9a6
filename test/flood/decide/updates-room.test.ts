import { describe, expect, it } from 'vitest';
import { updatesToDrop, type RelayedUpdate } from '../../../src/flood/decide/updates-room.ts';

function update(sequence: number, more: Partial<RelayedUpdate> = {}): RelayedUpdate {
  return {
    sequence,
    bytes: 100,
    isSuperseded: false,
    isExpired: false,
    isInEquivocation: false,
    isNeededHere: false,
    ...more,
  };
}

function dropped(updates: readonly RelayedUpdate[], quota: number): number[] {
  return updatesToDrop(updates, quota).map(({ sequence }) => sequence);
}

describe('relayed updates', () => {
  it.each([
    ['superseded', update(7, { isSuperseded: true })],
    ['expired', update(7, { isExpired: true })],
    ['in equivocation', update(7, { isInEquivocation: true })],
  ])('go when they are %s, however much room there is', (_, past) => {
    expect(dropped([update(6), past, update(8)], 10_000)).toEqual([7]);
  });

  it('go by quota, the smallest sequence first, and no more than has to', () => {
    expect(dropped([update(3), update(1), update(2)], 300)).toEqual([]);
    expect(dropped([update(3), update(1), update(2)], 299)).toEqual([1]);
    expect(dropped([update(3), update(1), update(2)], 100)).toEqual([1, 2]);
  });

  it('that are past make room for the others', () => {
    expect(dropped([update(1), update(2, { isExpired: true })], 100)).toEqual([2]);
  });

  it('stay while they are still to run here', () => {
    expect(dropped([update(1, { isNeededHere: true }), update(2)], 0)).toEqual([2]);
  });
});
