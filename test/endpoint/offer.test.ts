import { expect, test } from 'vitest';
import { offerFor } from '../../src/endpoint/offer.ts';
import { roles } from '../../src/parcel/recipients.ts';

const folders = { relay: 'relay', homeward: 'homeward' };

test('the logs of a gateway are offered to a proxy, and to nobody else', () => {
  for (const peer of [...roles, 'shared', ''])
    expect([peer, offerFor(folders, 'gateway', peer)]).toEqual([
      peer,
      peer === 'proxy' ? 'homeward' : 'relay',
    ]);
});

test('nobody else has an offer for a proxy alone', () => {
  for (const own of roles.filter((role) => role !== 'gateway'))
    for (const peer of roles) expect(offerFor(folders, own, peer)).toBe('relay');
});
