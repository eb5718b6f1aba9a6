/** Visits of USB keys in the ledger: bounded, uses never forgotten, reports told once for each state. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeLedger, openLedger } from '../../src/ledger/open.ts';
import { migrations } from '../../src/ledger/schema.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

const at = '2026-11-21T08:00:00Z';
const later = '2026-11-21T09:00:00Z';
const pass = 'p'.repeat(128);
const key = '3EF5-2A49';

const open: Ledger[] = [];
afterEach(() => {
  for (const ledger of open.splice(0)) ledger.close();
  removeFolders();
});

function fresh(): { readonly ledger: Ledger; readonly file: string } {
  const file = join(temporaryFolder(), 'ledger.sqlite');
  const ledger = makeLedger(file);
  open.push(ledger);
  return { ledger, file };
}

function begin(ledger: Ledger, insertion = '/dev/sdb1 8:17 3'): number {
  return ledger.usb.begin({ insertion, device: '/dev/sdb1', serial: undefined, at });
}

function addUpdate(ledger: Ledger, digest: string): void {
  const script = { path: 'run.sh', timeoutSeconds: 60, onInterrupt: 'report', maxAttempts: 1 } as const;
  const rest = { recipients: ['all'], created: at, script, requires: [], supersedes: [] };
  const terms = { sequence: digest.length, title: 'a title', ...rest };
  ledger.transaction(() => ledger.updates.add({ digest, channel: 'usb', signers: ['A'], terms, at }));
}

const taken = { fileHash: 'f', digest: null };

describe('a visit', () => {
  test('begins with what is known, learns more, and ends once', () => {
    const { ledger } = fresh();
    const visit = ledger.usb.begin({ insertion: 'i', device: '/dev/sdb1', serial: '4C53', at });
    ledger.usb.learn(visit, { volume: key, label: '', fileSystem: 'vfat' });
    ledger.usb.learn(visit, { technician: 'Ravi', passDigest: pass, passUses: 5 });
    ledger.usb.setState(visit, 'failed', { code: 'usb.pass-node', message: 'not here' });
    ledger.usb.setState(visit, 'safe');
    ledger.usb.end(visit, at);
    ledger.usb.end(visit, later);
    expect(ledger.usb.find(visit)).toEqual({
      id: visit,
      insertion: 'i',
      device: '/dev/sdb1',
      serial: '4C53',
      volume: key,
      label: '',
      fileSystem: 'vfat',
      technician: 'Ravi',
      passDigest: pass,
      passUses: 5,
      usesLeft: 5,
      state: 'safe',
      code: null,
      reason: '',
      startedAt: at,
      endedAt: at,
    });
  });

  test('that a power cut left is open when the ledger is opened again', () => {
    const { ledger, file } = fresh();
    const ended = begin(ledger);
    ledger.usb.end(ended, at);
    const cut = begin(ledger);
    ledger.close();
    open.splice(0);
    const again = openLedger(file);
    open.push(again);
    const left = again.usb.lastVisits(10).filter(({ endedAt }) => endedAt === null);
    expect(left.map(({ id, state }) => [id, state])).toEqual([[cut, 'reading']]);
  });

  test('has its files in the order in which they were found, each name once', () => {
    const { ledger } = fresh();
    const visit = begin(ledger);
    ledger.usb.addFile(visit, { name: 'b.zip', fileHash: 'b', digest: 'B' });
    const error = { code: 'framing.truncated', message: 'its end is missing' } as const;
    ledger.usb.addFile(visit, { name: 'a.zip', fileHash: null, digest: null, error });
    ledger.usb.addFile(visit, { name: 'b.zip', fileHash: 'b2', digest: 'B2' });
    expect(ledger.usb.files(visit)).toEqual([
      { visit, name: 'a.zip', fileHash: null, digest: null, code: error.code, reason: error.message },
      { visit, name: 'b.zip', fileHash: 'b2', digest: 'B2', code: null, reason: '' },
    ]);
  });

  test('is forgotten after a thousand others, with its files; its number is not used again', () => {
    const { ledger } = fresh();
    const numbers = ledger.transaction(() =>
      Array.from({ length: 1010 }, () => {
        const visit = begin(ledger);
        ledger.usb.addFile(visit, { name: 'a.zip', ...taken });
        return visit;
      }),
    );
    expect(numbers).toEqual(Array.from({ length: 1010 }, (_, index) => index + 1));
    const kept = ledger.usb.lastVisits(5000).map(({ id }) => id);
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([1000, 1010, 11]);
    expect(ledger.usb.files(10)).toEqual([]);
    expect(ledger.usb.files(11)).toHaveLength(1);
  });

  test('keeps at most twenty thousand files of all visits', () => {
    const { ledger } = fresh();
    const [first, second] = [begin(ledger), begin(ledger)];
    ledger.transaction(() => {
      for (let index = 0; index < 20_005; index++)
        ledger.usb.addFile(index < 10 ? first : second, { name: `${index}.zip`, ...taken });
    });
    expect(ledger.usb.files(first).map(({ name }) => name)).toEqual([
      '5.zip',
      '6.zip',
      '7.zip',
      '8.zip',
      '9.zip',
    ]);
    expect(ledger.usb.files(second)).toHaveLength(19_995);
  });
});

describe('uses of a pass', () => {
  test('are counted once for each visit', () => {
    const { ledger } = fresh();
    const [one, two] = [begin(ledger), begin(ledger)];
    for (const visit of [one, one, two, one]) ledger.usb.countUse(pass, visit, at);
    ledger.usb.countUse('other', one, at);
    expect([ledger.usb.usesOf(pass), ledger.usb.usesOf('other'), ledger.usb.usesOf('none')]).toEqual([
      2, 1, 0,
    ]);
  });

  test('are told with each visit: how many were left when it was over', () => {
    const { ledger } = fresh();
    const visits = [begin(ledger), begin(ledger), begin(ledger), begin(ledger)];
    for (const visit of visits.slice(0, 3))
      ledger.usb.learn(visit, { technician: 'Ravi', passDigest: pass, passUses: 2 });
    for (const visit of visits.slice(0, 2)) ledger.usb.countUse(pass, visit, at);
    expect(ledger.usb.lastVisits(4).map(({ passUses, usesLeft }) => [passUses, usesLeft])).toEqual([
      [null, null],
      [2, 0],
      [2, 0],
      [2, 1],
    ]);
  });

  test('are on the disk when counted: another connection sees them', () => {
    const { ledger, file } = fresh();
    ledger.usb.countUse(pass, begin(ledger), at);
    const database = new Database(file, { readonly: true });
    expect(database.prepare('SELECT count(*) FROM usb_uses').pluck().get()).toBe(1);
    database.close();
  });

  test('are not forgotten with their visits', () => {
    const { ledger } = fresh();
    ledger.transaction(() => {
      ledger.usb.countUse(pass, begin(ledger), at);
      for (let index = 0; index < 1005; index++) begin(ledger);
    });
    expect(ledger.usb.find(1)).toBeUndefined();
    expect(ledger.usb.usesOf(pass)).toBe(1);
  });
});

describe('the recent files of a key', () => {
  test('are those of its own visits, the newest visit first, one content once', () => {
    const { ledger } = fresh();
    const [first, other, second] = [begin(ledger), begin(ledger), begin(ledger)];
    for (const visit of [first, second]) ledger.usb.learn(visit, { volume: key });
    ledger.usb.learn(other, { volume: '0000-0001' });
    ledger.usb.addFile(first, { name: '1.zip', fileHash: 'f1', digest: 'd1' });
    ledger.usb.addFile(first, { name: '2.zip', fileHash: 'f2', digest: 'd2' });
    ledger.usb.addFile(other, { name: '9.zip', fileHash: 'f9', digest: 'd9' });
    ledger.usb.addFile(second, { name: 'again.zip', fileHash: 'f1', digest: 'd1' });
    expect(ledger.usb.recentFiles(key).map(({ visit, name }) => [visit, name])).toEqual([
      [second, 'again.zip'],
      [first, '2.zip'],
    ]);
  });
});

test('a ledger of the version before gets the tables, and keeps what it has', () => {
  const { ledger, file } = fresh();
  addUpdate(ledger, 'd');
  ledger.close();
  open.splice(0);
  const database = new Database(file);
  const before = migrations.findIndex((sql) => sql.includes('usb_visits'));
  const tables = [
    ...migrations
      .slice(before)
      .join('')
      .matchAll(/CREATE TABLE (\w+)/g),
  ];
  for (const [, name] of tables.toReversed()) database.exec(`DROP TABLE ${name}`);
  database.pragma(`user_version = ${before}`);
  database.close();
  const again = openLedger(file);
  open.push(again);
  expect([begin(again), again.updates.find('d')?.state]).toEqual([1, 'verified']);
});
