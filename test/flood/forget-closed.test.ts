/** What is covered of closed incarnations: kept for longer than anything can be out of sight, and then not. */
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Cover } from '../../src/flood/decide/cover.ts';
import { forgetClosed } from '../../src/flood/forget-closed.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeLedger } from '../../src/ledger/open.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

afterAll(removeFolders);

const day = 86_400;
const [closed, open] = ['00000000000000aa', '00000000000000bb'];
const origin = '00000000-0000-4000-8000-000000000001';
const names = new Set([`${origin}/${closed}`]);
const held = [{ first: 1, last: 9 }];

let boots = 0;
/** The machine is on for so long. */
function pass(ledger: Ledger, seconds: number): void {
  boots += 1;
  ledger.calendar.advance(`boot ${boots}`, seconds);
}

test('what is covered of a closed incarnation is forgotten after more than a year of being on, and nothing else is', () => {
  const ledger = makeLedger(join(temporaryFolder(), 'ledger.sqlite'));
  const cover = new Cover();
  for (const incarnation of [closed, open]) {
    ledger.cover.add(origin, incarnation, held);
    cover.addAck([{ origin, incarnation, held, voids: [] }]);
  }
  const kept = (): number[] =>
    [closed, open].map((incarnation) =>
      Math.min(ledger.cover.of(origin, incarnation).length, cover.of({ origin, incarnation }).length),
    );
  pass(ledger, 1000 * day);
  forgetClosed(ledger, cover, names);
  expect(kept()).toEqual([1, 1]);
  pass(ledger, 490 * day);
  forgetClosed(ledger, cover, names);
  expect(kept()).toEqual([1, 1]);
  pass(ledger, 1);
  forgetClosed(ledger, cover, names);
  expect(kept()).toEqual([0, 1]);
  // An acknowledgement of old brings it back, and it goes again.
  cover.addAck([{ origin, incarnation: closed, held, voids: [] }]);
  forgetClosed(ledger, cover, names);
  expect(kept()).toEqual([0, 1]);
});

test('an incarnation that the roster opens again, and closes later, counts from then', () => {
  const ledger = makeLedger(join(temporaryFolder(), 'ledger.sqlite'));
  const cover = new Cover();
  ledger.cover.add(origin, closed, held);
  cover.addAck([{ origin, incarnation: closed, held, voids: [] }]);
  pass(ledger, day);
  forgetClosed(ledger, cover, names);
  pass(ledger, 400 * day);
  forgetClosed(ledger, cover, new Set());
  pass(ledger, 400 * day);
  forgetClosed(ledger, cover, names);
  expect(ledger.cover.of(origin, closed)).toEqual(held);
});
