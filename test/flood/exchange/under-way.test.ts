/** Contacts side by side. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { UnderWay } from '../../../src/flood/exchange/under-way.ts';

test('what one contact fetches no other does, until that one ends; the other knows that something was left', () => {
  const underWay = new UnderWay();
  underWay.begin('a');
  underWay.begin('b');
  underWay.fetches('a', ['updates/1.zip']);
  expect(underWay.mayFetch('updates/1.zip', 'a')).toBe(true);
  expect(underWay.mayFetch('updates/2.zip', 'b')).toBe(true);
  expect(underWay.hasLeft('b')).toBe(false);
  expect(underWay.mayFetch('updates/1.zip', 'b')).toBe(false);
  expect(underWay.hasLeft('b')).toBe(true);
  expect(underWay.hasLeft('a')).toBe(false);
  underWay.end('a');
  expect(underWay.mayFetch('updates/1.zip', 'b')).toBe(true);
});

test('room that one contact may fill no other counts on', () => {
  const underWay = new UnderWay();
  for (const peer of ['a', 'b', 'c']) underWay.begin(peer);
  underWay.expects('a', 100);
  underWay.expects('b', 20);
  expect(['a', 'b', 'c'].map((peer) => underWay.bytesOfOthers(peer))).toEqual([20, 100, 120]);
  underWay.end('a');
  underWay.expects('b', 0);
  expect(underWay.bytesOfOthers('c')).toBe(0);
});

test('what has come is taken one after the other, also behind one that fails', async () => {
  const underWay = new UnderWay();
  const told: string[] = [];
  const work = (name: string, ms: number) => async (): Promise<string> => {
    told.push(`${name} begins`);
    await sleep(ms);
    told.push(`${name} ends`);
    if (name === 'a') throw new Error('a fails');
    return name;
  };
  const all = await Promise.allSettled([underWay.inTurn(work('a', 20)), underWay.inTurn(work('b', 1))]);
  expect(told).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});
