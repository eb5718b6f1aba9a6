/** Room in the pool of a relay: for several contacts at a time, and when there is less of it than before. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { Beliefs } from '../../../src/flood/beliefs.ts';
import { Cover } from '../../../src/flood/decide/cover.ts';
import type { Archive } from '../../../src/flood/decide/archive.ts';
import { archivePath } from '../../../src/flood/pool/archive-name.ts';
import { Pool } from '../../../src/flood/pool/pool.ts';
import { RelayTaker } from '../../../src/flood/pool/relay-taker.ts';
import { Strikes } from '../../../src/flood/pool/strikes.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { makeLedger } from '../../../src/ledger/open.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { signedArchive } from '../../net/archives.ts';
import { enrolledNode, nodeTrust } from '../nodes.ts';

afterAll(removeFolders);

const mib = 1024 * 1024;
const [kiosk, ferry] = [enrolledNode(7), enrolledNode(2)];
const incarnation = '00000000000000aa';
const refused = {
  cover: new Cover(),
  closed: new Set<string>(),
  revoked: new Set<string>(),
  quarantined: new Set<string>(),
};

let folder: string;
let ledger: Ledger;
let pool: Pool;
/** Of the disk; beside what is kept for other things. */
let freeBytes: number;
let worth: Map<number, number>;
beforeEach(() => {
  folder = temporaryFolder();
  ledger = makeLedger(join(folder, 'ledger.sqlite'));
  pool = new Pool(join(folder, 'relay/logs'), ferry.guid);
  freeBytes = 1000 * mib;
  worth = new Map();
});

function taker(maxBytes = 1e9): RelayTaker {
  return new RelayTaker(pool, refused.cover, {
    beliefs: new Beliefs(() => nodeTrust().trust),
    quarantine: {
      folder: join(folder, 'quarantine'),
      notes: ledger.poolNotes,
      now: () => 'now',
      strikes: new Strikes(),
    },
    room: { maxBytes, freeBytes: () => freeBytes },
    value: ({ sequence }) => worth.get(sequence) ?? 0,
  });
}

function named(sequence: number, bytes = 2000): Archive {
  return { origin: kiosk.guid, incarnation, sequence, class: 'long', bytes };
}

/** Puts archives into the pool, the first of them first. */
function hold(...archives: Archive[]): void {
  for (const archive of archives) {
    mkdirSync(dirname(pool.pathOf(archive)), { recursive: true });
    writeFileSync(pool.pathOf(archive), Buffer.alloc(archive.bytes));
    pool.added(archive);
  }
}

function here(): number[] {
  return pool
    .holdings()
    .flatMap(({ long }) => long)
    .flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
}

/** Puts a file where rsync would have put it. */
function staged(sequence: number): { path: string; archive: Archive } {
  const archive = named(sequence);
  const path = join(folder, 'staging', archivePath(archive));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, signedArchive(kiosk, { incarnation, sequence, bytes: 300 }));
  return { path, archive };
}

test('when the disk gets fuller, or less is allowed, the least worth goes, and somewhat more than has to', async () => {
  hold(...[1, 2, 3, 4, 5].map((sequence) => named(sequence, 1000)));
  for (const sequence of [1, 2, 3, 4, 5]) worth.set(sequence, sequence === 2 ? 0 : 6 - sequence);
  await taker(5000).tidy();
  expect(here()).toEqual([1, 2, 3, 4, 5]);
  await taker(4400).tidy();
  expect(here()).toEqual([1, 3, 4]);
  freeBytes = 128 * mib - 500;
  await taker().tidy();
  expect(here()).toEqual([1, 3]);
  freeBytes = 0;
  await taker().tidy();
  expect(here()).toEqual([]);
  expect(ledger.poolNotes.of(`${kiosk.guid}/${incarnation}/2`)).toMatchObject([
    { what: 'evicted', reason: 'no room: there is less than before' },
  ]);
});

test('room is given away once, however many fetch at a time; who ends gives back what has not come', async () => {
  const relay = taker(6000);
  const [one, other] = [await relay.begin(90_000), await relay.begin(90_000)];
  expect([1, 2].map((sequence) => one.admit(named(sequence)))).toEqual([true, true]);
  expect([3, 4].map((sequence) => other.admit(named(sequence)))).toEqual([true, false]);
  one.end();
  expect([4, 5, 6].map((sequence) => other.admit(named(sequence)))).toEqual([true, true, false]);
  other.end();
  expect((await relay.begin(0)).admit(named(7, 6000))).toBe(true);
});

test('one archive goes for one other, however many fetch at a time', async () => {
  hold(named(1), named(2), named(3));
  for (const sequence of [1, 2, 3, 4, 5, 6, 7]) worth.set(sequence, sequence);
  const relay = taker(6000);
  const [one, other] = [await relay.begin(90_000), await relay.begin(90_000)];
  expect(one.admit(named(5))).toBe(true);
  expect(other.admit(named(6))).toBe(true);
  expect(one.admit(named(7))).toBe(true);
  expect(other.admit(named(4))).toBe(false);
  expect(here()).toEqual([1, 2, 3]);
  expect(await one.take([staged(5)], refused, ferry.guid)).toBe(1);
  expect(here()).toEqual([2, 3, 5]);
  one.end();
  expect(await other.take([staged(6)], refused, ferry.guid)).toBe(1);
  expect(here()).toEqual([3, 5, 6]);
});

test('what is worth as much as an archive that is offered does not go for it, what is worth less does', async () => {
  hold(named(1), named(2));
  worth = new Map([
    [1, 2],
    [2, 1],
    [3, 1],
    [4, 1.5],
  ]);
  const intake = await taker(4000).begin(90_000);
  expect(intake.admit(named(3))).toBe(false);
  expect(intake.admit(named(4))).toBe(true);
  await intake.take([staged(4)], refused, ferry.guid);
  expect(here()).toEqual([1, 4]);
});

test('for an archive that is larger than its neighbour has said nothing goes in vain', async () => {
  hold(named(1), named(2));
  worth = new Map([[3, 9]]);
  const intake = await taker(4000).begin(90_000);
  expect(intake.admit(named(3, 10))).toBe(true);
  const large = staged(3);
  writeFileSync(large.path, signedArchive(kiosk, { incarnation, sequence: 3, bytes: 5000 }));
  expect(await intake.take([large], refused, ferry.guid)).toBe(0);
  expect(here()).toEqual([1, 2]);
});

test('in one contact others go for a bounded number of archives: each costs a look at all that are here', async () => {
  hold(...Array.from({ length: 110 }, (_, index) => named(index + 1, 100)));
  const offered = Array.from({ length: 110 }, (_, index) => named(1000 + index, 100));
  for (const { sequence } of offered) worth.set(sequence, 1);
  const intake = await taker(110 * 100).begin(110 * 100);
  expect(offered.filter((archive) => intake.admit(archive))).toHaveLength(100);
  intake.end();
});
