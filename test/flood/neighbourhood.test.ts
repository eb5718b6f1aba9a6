import { setImmediate as soon } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import type { Met } from '../../src/flood/exchange/contact.ts';
import { Neighbourhood } from '../../src/flood/neighbourhood.ts';
import { enrolledNode } from './nodes.ts';

const peer = { node: enrolledNode(2).guid, host: '10.0.0.2', port: 7822 };
const failed: Met = {
  role: '',
  seconds: 100,
  bytesIn: 0,
  bytesOut: 0,
  parcelsIn: 0,
  reason: 'its time was up',
  hasBrought: false,
  problem: new FerrymanError('contact.cut', 'its time was up'),
};

test('a named peer whose contact takes longer than the time between two is not met again as soon as it has failed', async () => {
  let now = 0;
  const contacts: ((met: Met) => void)[] = [];
  const neighbourhood = new Neighbourhood({
    own: enrolledNode(1).guid,
    holdings: () => '',
    isRevoked: () => false,
    peers: [peer],
    peerSeconds: 10,
    pingSeconds: 60,
    nowSeconds: () => now,
    chance: () => 0,
    meet: () => new Promise((resolve) => void contacts.push(resolve)),
  });
  const stop = new AbortController();
  neighbourhood.remindOfPeers();
  const working = neighbourhood.work(stop.signal);
  await soon();
  now = 100;
  neighbourhood.remindOfPeers();
  contacts[0]?.(failed);
  await soon();
  neighbourhood.remindOfPeers();
  await soon();
  expect(contacts.length).toBe(1);
  now = 1000;
  neighbourhood.remindOfPeers();
  await soon();
  expect(contacts.length).toBe(2);
  stop.abort();
  contacts[1]?.(failed);
  await working;
});
