/** The ledger: durable on every connection, migrated by the writer alone, bounded, and honest when it cannot be read. */
import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeLedger, openLedger, openLedgerBeside, openLedgerForReading } from '../../src/ledger/open.ts';
import { migrations } from '../../src/ledger/schema.ts';
import { Kiosk, removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { fixedKey } from '../kit/office.ts';
import { onePass } from '../controller/in-process.ts';
import { cleanUp, drop, makeKiosk, officeKey, signed } from '../controller/at-work.ts';

afterAll(cleanUp);

const at = '2026-11-21T08:00:00Z';
const terms = {
  sequence: 1,
  title: 'a title',
  recipients: ['all'],
  created: at,
  script: { path: 'run.sh', timeoutSeconds: 60, onInterrupt: 'report', maxAttempts: 1 },
  requires: [],
  supersedes: [],
} as const;

function add(ledger: Ledger, digest: string, sequence = 1): void {
  ledger.transaction(() =>
    ledger.updates.add({ digest, channel: 'usb', signers: ['A'], terms: { ...terms, sequence }, at }),
  );
}

function code(of: string): Error {
  return expect.objectContaining({ code: of }) as Error;
}

/** What `PRAGMA name` answers on the very connection that a ledger uses. */
function pragma(name: string, work: () => Ledger): unknown {
  const seen = vi.spyOn(Database.prototype, 'pragma');
  try {
    const ledger = work();
    const [database] = seen.mock.contexts as Database.Database[];
    const answer = database?.pragma(name, { simple: true });
    ledger.close();
    return answer;
  } finally {
    seen.mockRestore();
  }
}

describe('a connection', () => {
  let file: string;
  afterEach(removeFolders);

  function make(): Ledger {
    file = join(temporaryFolder(), 'ledger.sqlite');
    return makeLedger(file);
  }

  test('writes ahead and syncs fully when the ledger is made, and when it is opened again', () => {
    make().close();
    for (const name of [
      ['journal_mode', 'wal'],
      ['synchronous', 2],
      ['foreign_keys', 1],
    ] as const) {
      expect(
        pragma(name[0], () => make()),
        `new: ${name[0]}`,
      ).toBe(name[1]);
      expect(
        pragma(name[0], () => openLedger(file)),
        `opened again: ${name[0]}`,
      ).toBe(name[1]);
    }
  });

  test('that was left in another mode is brought back', () => {
    make().close();
    const other = new Database(file);
    other.pragma('journal_mode = DELETE');
    other.close();
    openLedger(file).close();
    const look = new Database(file);
    expect(look.pragma('journal_mode', { simple: true })).toBe('wal');
    look.close();
  });

  test('for reading sees what is committed, at once, and cannot write', () => {
    const writer = make();
    const reader = openLedgerForReading(file);
    add(writer, 'aa');
    expect(reader.updates.find('aa')).toMatchObject({ title: 'a title', state: 'verified' });
    expect(() => reader.setFact('time-floor', at)).toThrowError(code('ledger.unreadable'));
    writer.transaction(() => {
      writer.setFact('time-floor', at);
      expect(reader.fact('time-floor'), 'not before the commit').toBeUndefined();
    });
    expect(reader.fact('time-floor')).toBe(at);
    reader.close();
    writer.close();
  });

  test('keeps nothing of a transaction that throws', () => {
    const ledger = make();
    expect(() =>
      ledger.transaction(() => {
        add(ledger, 'aa');
        throw new RangeError('in the middle');
      }),
    ).toThrowError('in the middle');
    expect(ledger.updates.find('aa')).toBeUndefined();
    ledger.close();
  });
});

/** @param readableSince the oldest version that can work with it */
function withVersion(version: number, readableSince = version): string {
  const file = join(temporaryFolder(), 'ledger.sqlite');
  makeLedger(file).close();
  const database = new Database(file);
  database.pragma(`user_version = ${version}`);
  database.pragma(`application_id = ${readableSince}`);
  database.close();
  return file;
}

describe('versions', () => {
  afterEach(removeFolders);

  test('a ledger of a newer version is refused by readers and writers, and not changed', () => {
    const file = withVersion(migrations.length + 1);
    const before = readFileSync(file);
    for (const open of [openLedger, openLedgerForReading])
      expect(() => open(file)).toThrowError(code('ledger.version'));
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('a ledger that a newer version has only added to can be worked with, so that the version before can come back', () => {
    const file = withVersion(migrations.length + 1, migrations.length);
    openLedger(file).close();
    openLedgerForReading(file).close();
    const database = new Database(file);
    expect(database.pragma('user_version', { simple: true })).toBe(migrations.length + 1);
    database.close();
  });

  test('a ledger of an older version is migrated by the writer, never by a reader or by who writes beside it', () => {
    const file = join(temporaryFolder(), 'ledger.sqlite');
    const database = new Database(file);
    for (const migration of migrations.slice(0, -1)) database.exec(migration);
    database.pragma(`user_version = ${migrations.length - 1}`);
    database.close();
    const before = readFileSync(file);
    // The first version has no older one but an empty file, which is a lost ledger.
    const expected = migrations.length === 1 ? 'ledger.lost' : 'ledger.version';
    for (const open of [openLedgerForReading, openLedgerBeside])
      expect(() => open(file)).toThrowError(code(expected));
    expect(readFileSync(file).equals(before)).toBe(true);
    if (migrations.length > 1) {
      openLedger(file).close();
      openLedgerForReading(file).close();
    }
  });

  test('updates are counted by state as if each were looked at, those from before the counts among them', () => {
    const file = join(temporaryFolder(), 'ledger.sqlite');
    const database = new Database(file);
    for (const migration of migrations.slice(0, 3)) database.exec(migration);
    database.exec(
      `INSERT INTO updates (digest, title, signers, channel, state, reason, received_at) VALUES ('old', '', '[]', 'usb', 'failed', '', '${at}')`,
    );
    database.pragma('user_version = 3');
    database.close();
    const ledger = openLedger(file);
    for (const [digest, sequence] of [['a', 1] as const, ['b', 2] as const, ['c', 3] as const])
      add(ledger, digest, sequence);
    ledger.updates.setState('a', 'succeeded', '', at);
    ledger.updates.setState('b', 'waiting', 'for one thing', at);
    ledger.updates.setState('b', 'waiting', 'for another', at);
    ledger.updates.setState('c', 'succeeded', '', at);
    expect([...ledger.updates.countByState()]).toEqual([
      ['failed', 1],
      ['succeeded', 2],
      ['waiting', 1],
    ]);
    ledger.close();
  });

  test('rerun beside a ferryman of another version is refused, and leaves the ledger as it is', async () => {
    const kiosk = await makeKiosk();
    await kiosk.apply(signed({ script: 'exit 1' }));
    const database = new Database(kiosk.layout.ledgerFile);
    database.pragma(`user_version = ${migrations.length - 1}`);
    const { exitCode, stderr } = await kiosk.run('rerun', '1', '--reason', 'x');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('[ledger.version]');
    expect(database.pragma('user_version', { simple: true })).toBe(migrations.length - 1);
    database.close();
  });

  test('commands that read say which version they expected and found', async () => {
    const kiosk = await makeKiosk();
    const database = new Database(kiosk.layout.ledgerFile);
    database.pragma(`user_version = ${migrations.length + 7}`);
    database.pragma(`application_id = ${migrations.length + 7}`);
    database.close();
    for (const command of [
      ['history'],
      ['status'],
      ['plan'],
      ['show', '1'],
      ['log', '1'],
      ['run', '--once'],
    ]) {
      const { exitCode, stderr } = await kiosk.run(...(command as [string, ...string[]]));
      expect({ command, exitCode }).toEqual({ command, exitCode: 78 });
      expect(stderr).toContain(
        `expected ledger version ${migrations.length}, found ${migrations.length + 7} [ledger.version]`,
      );
    }
    expect((await kiosk.run('applied', '1')).exitCode).toBe(2);
  });
});

describe('runs', () => {
  let ledger: Ledger;
  beforeAll(() => {
    ledger = makeLedger(join(temporaryFolder(), 'ledger.sqlite'));
    for (const [digest, sequence] of [
      ['aa', 1],
      ['bb', 2],
    ] as const)
      add(ledger, digest, sequence);
  });
  afterAll(() => ledger.close());

  test('at most one is open at a time, whatever the code does', () => {
    const run = ledger.runs.begin('aa', { run: ledger.runs.next('aa'), attempt: 1, nonce: 'nonce', at });
    expect(run).toMatchObject({ run: 1, state: 'starting', runner: null });
    for (const digest of ['aa', 'bb'])
      expect(() =>
        ledger.runs.begin(digest, { run: ledger.runs.next(digest), attempt: 2, nonce: 'other', at }),
      ).toThrowError(code('ledger.unreadable'));
    const runner = { bootId: 'boot', pid: 4711, startTicks: 99 };
    ledger.runs.setRunner(run, runner);
    expect(ledger.runs.open()).toMatchObject({ state: 'running', runner, digest: 'aa' });
    expect(() =>
      ledger.runs.begin('bb', { run: ledger.runs.next('bb'), attempt: 1, nonce: 'other', at }),
    ).toThrowError(code('ledger.unreadable'));
    ledger.runs.end(run, { outcome: 'failed', exitStatus: 3, signal: null, at });
    expect(ledger.runs.open()).toBeUndefined();
    expect(
      ledger.runs.begin('aa', { run: ledger.runs.next('aa'), attempt: 2, nonce: 'next', at }),
    ).toMatchObject({ run: 2, attempt: 2 });
  });

  test('an update stands under its digest once', () => {
    expect(() => add(ledger, 'aa', 1)).toThrowError(code('ledger.unreadable'));
  });
});

describe('refusals', () => {
  const error = new FerrymanError('framing.truncated', 'expected a parcel, found junk');
  let ledger: Ledger;
  beforeAll(() => {
    ledger = makeLedger(join(temporaryFolder(), 'ledger.sqlite'));
    ledger.transaction(() => {
      for (let index = 1; index <= 1500; index += 1)
        ledger.refusals.add({ fileHash: `hash ${index}`, channel: 'usb', name: `file ${index}` }, error, at);
    });
  });
  afterAll(() => ledger.close());

  test('the last thousand are kept, all are counted', () => {
    expect(ledger.refusals.all()).toHaveLength(1000);
    expect(ledger.refusals.newestFirst(2).map(({ fileHash }) => fileHash)).toEqual([
      'hash 1500',
      'hash 1499',
    ]);
    expect(ledger.refusals.find('hash 500')).toBeUndefined();
    expect(ledger.refusals.find('hash 501')).toMatchObject({ fileHash: 'hash 501' });
    expect(ledger.refusals.count()).toBe(1500);
  });

  test('the same file again is the same row, which tells how often and by which channel last', () => {
    expect(ledger.refusals.add({ fileHash: 'hash 700', channel: 'flood', name: 'again' }, error, at)).toBe(
      false,
    );
    expect(ledger.refusals.find('hash 700')).toMatchObject({ times: 2, channel: 'flood', name: 'again' });
    expect(ledger.refusals.newestFirst(1)).toMatchObject([{ fileHash: 'hash 1500' }]);
    expect(ledger.refusals.all()).toHaveLength(1000);
    expect(ledger.refusals.count()).toBe(1500);
  });

  test('evidence is not bounded by them', () => {
    ledger.refusals.addEvidence({ digest: 'aa', sequence: 7, signatures: 's', manifest: 'm', at });
    ledger.refusals.addEvidence({ digest: 'aa', sequence: 7, signatures: 'another', manifest: 'm', at });
    ledger.transaction(() => {
      for (let index = 0; index < 1100; index += 1)
        ledger.refusals.add({ fileHash: `late ${index}`, channel: 'usb', name: '' }, error, at);
    });
    expect(ledger.refusals.evidence()).toMatchObject([{ digest: 'aa', signatures: 's' }]);
  });
});

function overwrite(file: string, from: number, length: number): void {
  const bytes = readFileSync(file);
  bytes.fill(0xa5, from, from + length);
  writeFileSync(file, bytes);
}

describe('a ledger that is spoilt', () => {
  let kiosk: Kiosk;
  let good: string;
  beforeAll(async () => {
    kiosk = await makeKiosk();
    for (let sequence = 1; sequence <= 3; sequence += 1)
      drop(
        kiosk,
        'usb',
        `${sequence}.zip`,
        signed({ sequence, script: sequence === 2 ? 'exit 1' : 'exit 0' }),
      );
    await onePass(kiosk);
    good = join(kiosk.root, 'good.sqlite');
    copyFileSync(kiosk.layout.ledgerFile, good);
  });

  function restore(): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${kiosk.layout.ledgerFile}${suffix}`, { force: true });
    copyFileSync(good, kiosk.layout.ledgerFile);
  }

  const damages: [string, (file: string) => void][] = [
    ['is gone', (file) => rmSync(file)],
    ['is empty', (file) => truncateSync(file)],
    ['is not SQLite', (file) => writeFileSync(file, 'x'.repeat(8192))],
    ['is cut', (file) => truncateSync(file, 5000)],
    ['has its header overwritten', (file) => overwrite(file, 0, 100)],
    ['has a page overwritten', (file) => overwrite(file, 4096, 4096)],
    [
      'has all pages but the first overwritten',
      (file) => overwrite(file, 4096, readFileSync(file).length - 4096),
    ],
  ];
  test.each(damages)(
    'because it %s is told by `applied` with 2, never with a false answer',
    async (_name, damage) => {
      restore();
      damage(kiosk.layout.ledgerFile);
      const { exitCode, stdout, stderr } = await kiosk.run('applied', '1');
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^ferryman: .*\[ledger\.(unreadable|lost)\]\n {2}hint: /);
    },
  );

  test.each(damages)(
    'because it %s stops `history`, `status` and a pass with its name and a hint',
    async (_name, damage) => {
      drop(kiosk, 'backhaul', 'a', signed({ sequence: 1, script: 'exit 0' })); // or a pass has nothing to look up
      for (const command of [['history'], ['status'], ['run', '--once']] as const) {
        restore();
        damage(kiosk.layout.ledgerFile);
        const { exitCode, stderr, stdout } = await kiosk.run(...(command as unknown as [string]));
        expect({ command, exitCode, stdout }).toEqual({
          command,
          exitCode: expect.toBeOneOf([74, 78]) as number,
          stdout: '',
        });
        expect(stderr).toMatch(/ledger.*\[ledger\.(unreadable|lost)\]\n {2}hint: /);
      }
    },
  );

  test('never makes anything run again', async () => {
    for (const [, damage] of damages) {
      restore();
      damage(kiosk.layout.ledgerFile);
      drop(kiosk, 'backhaul', 'a', signed({ sequence: 1, script: 'exit 0' }));
      await kiosk.pass();
      expect(existsSync(join(kiosk.layout.backhaul, 'a')), 'the source stays').toBe(true);
    }
    restore();
    await kiosk.pass();
    expect((await kiosk.history()).updates).toHaveLength(3);
  });

  test('in single bytes gives an answer or says that it cannot, and no defect', async () => {
    const size = readFileSync(good).length;
    for (let round = 0; round < 4; round += 1) {
      restore();
      for (let index = 0; index < 200; index += 1)
        overwrite(kiosk.layout.ledgerFile, 100 + ((index * 7919 + round * 104_729) % (size - 100)), 1);
      const { exitCode, stderr } = await kiosk.run('applied', '2');
      expect({ exitCode, stderr }).toMatchObject({ exitCode: expect.toBeOneOf([1, 2]) as number });
    }
  });
});

test('two parcels of one second are told apart by their order, not by their times', async () => {
  const kiosk = await Kiosk.make({ keys: [officeKey, fixedKey(3)] });
  for (const sequence of [2, 1]) {
    drop(kiosk, 'usb', `${sequence}.zip`, signed({ sequence, recipients: ['role:office'] }));
    await onePass(kiosk);
  }
  expect((await kiosk.history()).updates.map(({ sequence }) => sequence)).toEqual([1, 2]);
});
