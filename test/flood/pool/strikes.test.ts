import { expect, test } from 'vitest';
import { Strikes } from '../../../src/flood/pool/strikes.ts';

test('what a neighbour sent that was wrong is not asked of it again, and is asked of others', () => {
  const strikes = new Strikes();
  strikes.add('one', 'a');
  expect([...strikes.of('one')]).toEqual(['a']);
  expect([...strikes.of('other')]).toEqual([]);
});

test('what may be another thing the next time is counted, and asked again', () => {
  const strikes = new Strikes();
  strikes.count('one', 'a');
  expect([strikes.times('one'), strikes.of('one').size, strikes.latest('one', 9)]).toEqual([1, 0, ['a']]);
});

test('once the keys of this node are others all is forgotten, and not before', () => {
  const strikes = new Strikes();
  const keys = {};
  strikes.under(keys);
  strikes.add('one', 'a');
  strikes.under(keys);
  expect(strikes.of('one').size).toBe(1);
  strikes.under({});
  expect([strikes.of('one').size, strikes.times('one')]).toEqual([0, 0]);
});

test('of names without end some are remembered, all are counted, the newest can be told', () => {
  const strikes = new Strikes();
  for (let name = 1; name <= 6000; name += 1) strikes.add('one', String(name));
  expect([strikes.of('one').size, strikes.times('one')]).toEqual([5000, 6000]);
  expect(strikes.latest('one', 2)).toEqual(['5999', '6000']);
  expect(strikes.latest('one', 6000)).toHaveLength(20);
  expect(strikes.latest('one', 0)).toEqual([]);
});

test('of neighbours without end those are remembered that were struck last', () => {
  const strikes = new Strikes();
  for (let peer = 1; peer <= 200; peer += 1) strikes.add(String(peer), 'a');
  strikes.add('1', 'b');
  strikes.add('201', 'a');
  expect(['1', '2', '3', '201'].map((peer) => strikes.of(peer).size)).toEqual([2, 0, 1, 1]);
});
