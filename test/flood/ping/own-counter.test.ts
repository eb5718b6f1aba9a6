import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { OwnCounter } from '../../../src/flood/ping/own-counter.ts';
import { makeLedger } from '../../../src/ledger/open.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';

afterAll(removeFolders);

test('the counter of pings rises for ever, whenever the node is cut off, in one incarnation', () => {
  const file = join(temporaryFolder(), 'ledger.sqlite');
  let made = 0;
  const told: number[] = [];
  const incarnations = new Set<string>();
  for (const pings of [1, 0, 3, 1001, 1]) {
    const ledger = makeLedger(file);
    const counter = new OwnCounter(ledger, () => `incarnation ${++made}`);
    incarnations.add(counter.incarnation);
    for (let ping = 0; ping < pings; ping += 1) told.push(counter.next());
    ledger.close();
  }
  expect(told.every((count, index) => index === 0 || count > (told[index - 1] ?? 0))).toBe(true);
  expect([...incarnations]).toEqual(['incarnation 1']);
});
