/** What a node makes of its ledger and of the summaries of neighbours. */
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { KnownNeighbours } from '../../../src/flood/exchange/known-neighbours.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { makeLedger } from '../../../src/ledger/open.ts';
import type { Role } from '../../../src/parcel/recipients.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';

afterAll(removeFolders);

let uptimeSeconds = 100;
const host = {
  now: () => '2026-11-02T00:00:00Z',
  uptimeSeconds: () => uptimeSeconds,
  randomHex: () => '00',
};
const incarnation = '00000000000000aa';
const origin = guid(0);
const archive = { origin, incarnation, sequence: 1, bytes: 1000 };
const held = { origin, incarnation, short: [], long: [{ first: 1, last: 1 }], bytes: 1000 };
const holding = [held];

function guid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

let ledger: Ledger;
beforeEach(() => {
  ledger = makeLedger(join(temporaryFolder(), 'ledger.sqlite'));
});

function met(hour: number, peer: string, role: Role | ''): void {
  const at = new Date(Date.parse('2026-11-01T00:00:00Z') + hour * 3_600_000).toISOString();
  const rest = { seconds: 1, bytesIn: 0, bytesOut: 0, parcelsIn: 0, reason: '' };
  ledger.neighbours.met({ at, peer, role, ...rest }, 'somewhere');
}

test('the contacts of the ledger say how often this node comes home, also those of before a restart and those since', () => {
  ledger.transaction(() => {
    for (let hour = 0; hour < 1200; hour += 1) met(hour / 100, guid(1), 'ferry');
  });
  const known = new KnownNeighbours(ledger, 'ferry', host);
  expect(known.meetings).toEqual({ hours: 25, met: 12, home: 0 });
  expect(known.value(archive)).toBe(0);
  met(13, guid(2), 'gateway');
  known.count();
  known.count();
  expect(known.meetings).toEqual({ hours: 25, met: 13, home: 1 });
  expect(known.value(archive)).toBeGreaterThan(0);
});

test('a copy is worth less here when a neighbour has one who is home more often', () => {
  met(0, guid(2), 'gateway');
  const known = new KnownNeighbours(ledger, 'kiosk', host);
  const alone = known.value(archive);
  const ferry = { node: guid(3), role: 'ferry', logs: holding } as const;
  known.learn({ ...ferry, meetings: { hours: 24, met: 24, home: 1 } });
  const withRare = known.value(archive);
  known.learn({ ...ferry, meetings: { hours: 24, met: 24, home: 12 } });
  const withOften = known.value(archive);
  expect(alone).toBeGreaterThan(withRare);
  expect(withRare).toBeGreaterThan(withOften);
  known.learn({ ...ferry, logs: [] });
  expect(known.value(archive)).toBe(alone);
});

test('who has never met a gateway reckons with how busy one is that he knows of', () => {
  met(0, guid(3), 'ferry');
  met(1, guid(4), 'gateway');
  const gateway = { node: guid(4), role: 'gateway', logs: [] } as const;
  const known = new KnownNeighbours(ledger, 'kiosk', host);
  const before = known.value(archive);
  known.learn({ ...gateway, meetings: { hours: 24, met: 240, home: 0 } });
  uptimeSeconds += 601; // how busy others are is not reckoned anew each time
  expect(known.value(archive)).toBeGreaterThan(before);
});

test('few neighbours are remembered, whoever comes and whatever they say: the one that was met longest ago goes', () => {
  const known = new KnownNeighbours(ledger, 'ferry', host);
  for (let number = 1; number <= 200; number += 1)
    known.learn({ node: guid(number), role: 'ferry', logs: holding });
  expect(known.copies(archive, guid(999))).toHaveLength(32);
  expect(known.copies(archive, guid(200))).toHaveLength(31);
  expect(known.copies(archive, guid(168))).toHaveLength(32);
  const long = Array.from({ length: 20_001 }, (_, index) => ({ first: 2 * index + 1, last: 2 * index + 1 }));
  known.learn({ node: guid(200), role: 'ferry', logs: [{ ...held, long }] });
  expect(known.copies(archive, guid(999))).toHaveLength(31);
});
