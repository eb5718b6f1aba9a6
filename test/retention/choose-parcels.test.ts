import { describe, expect, it } from 'vitest';
import { addresses, parcelsToDrop, type KeptParcel } from '../../src/retention/choose-parcels.ts';

function parcel(sequence: number, isPast = false): KeptParcel {
  return { path: String(sequence), sequence, bytes: 100, lastChange: 1000 - sequence, isPast };
}

function dropped(parcels: readonly KeptParcel[], maxBytes: number): number[] {
  return parcelsToDrop(parcels, maxBytes).map(({ sequence }) => sequence);
}

describe('parcels of finished updates', () => {
  it('go when they are past, however much room there is', () => {
    expect(dropped([parcel(6), parcel(7, true), parcel(8)], 10_000)).toEqual([7]);
  });

  it('go for want of room, the smallest sequence first, and no more than has to', () => {
    expect(dropped([parcel(3), parcel(1), parcel(2)], 300)).toEqual([]);
    expect(dropped([parcel(3), parcel(1), parcel(2)], 299)).toEqual([1]);
    expect(dropped([parcel(3), parcel(1), parcel(2)], 100)).toEqual([1, 2]);
  });

  it('that are past make room for the others', () => {
    expect(dropped([parcel(1), parcel(2, true)], 100)).toEqual([2]);
  });
});

it('an update takes the place of another for all whom that one addresses, or not', () => {
  expect(addresses(['all'], ['role:kiosk', 'group:north'])).toBe(true);
  expect(addresses(['role:kiosk', 'role:ferry'], ['role:ferry'])).toBe(true);
  expect(addresses(['role:kiosk'], ['role:kiosk', 'role:ferry'])).toBe(false);
  expect(addresses(['role:kiosk'], ['all'])).toBe(false);
});
