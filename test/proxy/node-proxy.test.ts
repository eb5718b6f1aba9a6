import { expect, test } from 'vitest';
import { secondsBetweenAcks } from '../../src/proxy/node-proxy.ts';

test('a proxy acknowledges as often as its pings make news travel, and at most once a minute', () => {
  expect([1, 5, 15, 600].map((pingSeconds) => secondsBetweenAcks({ pingSeconds }))).toEqual([4, 20, 60, 60]);
});
