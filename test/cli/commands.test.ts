/** The commands of a node, one by one: what they do, what they leave alone, and how they end. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram, type Kiosk, type Ran } from '../kit/kiosk.ts';
import { fixedKey, signedUpdate, type Draft } from '../kit/office.ts';
import { onePass, withNode } from '../controller/in-process.ts';
import { cleanUp, Daemon, drop, makeKiosk, shortLogs, signed } from '../controller/at-work.ts';
import { typed } from './typed.ts';

afterAll(cleanUp);

/** Everything below a folder: names, modes, times, contents; of a ledger its rows, because reading makes files beside it. */
function snapshot(root: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (/\.sqlite-(wal|shm)$/.test(name)) continue;
    const path = join(root, name);
    const stat = lstatSync(path);
    const isSqlite = name.endsWith('ledger.sqlite');
    const contents = isSqlite
      ? rows(path)
      : stat.isFile()
        ? readFileSync(path)
        : stat.isSymbolicLink()
          ? readlinkSync(path)
          : '';
    // A folder's times change with the files that SQLite makes beside its own.
    const times = stat.isFile() && !isSqlite ? [stat.mtimeMs, stat.ino] : [];
    found.set(name, JSON.stringify([stat.mode, times, createHash('sha256').update(contents).digest('hex')]));
  }
  return found;
}

function rows(file: string): string {
  const database = new Database(file, { readonly: true });
  try {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .pluck()
      .all() as string[];
    return JSON.stringify(tables.map((table) => [table, database.prepare(`SELECT * FROM "${table}"`).all()]));
  } finally {
    database.close();
  }
}

describe('receive', () => {
  let kiosk: Kiosk;
  beforeAll(async () => {
    kiosk = await makeKiosk();
  });
  function inbox(): string[] {
    return readdirSync(kiosk.layout.inbox);
  }

  test('of the same parcel twice is success, and one parcel', async () => {
    const parcel = signed({ script: `echo ran >>${kiosk.witness}` });
    const file = kiosk.file('a.zip', parcel);
    for (let time = 0; time < 2; time += 1) {
      const { exitCode, stdout } = await typed(['receive', file, '--channel', 'usb', '--root', kiosk.root]);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^received by usb, safe on disk: [0-9a-f]{16}\n$/);
    }
    expect(inbox()).toHaveLength(1);
    expect(readFileSync(join(kiosk.layout.inbox, inbox()[0] ?? '')).equals(parcel)).toBe(true);
    expect((await kiosk.run('receive', file, '--channel', 'backhaul')).exitCode).toBe(0);
    await onePass(kiosk);
    expect((await kiosk.run('receive', file, '--channel', 'usb')).exitCode).toBe(0);
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['ran']);
    expect(existsSync(file)).toBe(true);
  });

  test('of "-" reads standard input to its end, also when it comes slowly', async () => {
    const parcel = signed({
      sequence: 2,
      script: `echo two >>${kiosk.witness}`,
      files: { big: Buffer.alloc(500_000, 'x') },
    });
    expect((await kiosk.receive(parcel)).exitCode).toBe(0);
    expect(inbox()).toHaveLength(1);
    const slow = await runProgram('ferryman', ['receive', '-', '--channel', 'flood', '--root', kiosk.root], {
      input: '',
    });
    expect(slow.exitCode).toBe(0);
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['ran', 'two']);
    expect((await kiosk.history()).refusals).toMatchObject([{ code: 'framing.truncated', channel: 'flood' }]);
  });

  test('of a fifo, a folder or nothing fails and leaves nothing', async () => {
    for (const source of [kiosk.root, join(kiosk.root, 'nothing'), '/dev/zero']) {
      const { exitCode, stderr } = await typed(['receive', source, '--channel', 'usb', '--root', kiosk.root]);
      expect(exitCode).toBeOneOf([66, 74]);
      expect(stderr).toContain(source);
    }
    expect(inbox()).toEqual([]);
  });

  test('of a link that a person names follows it', async () => {
    const file = kiosk.file('real.zip', signed({ sequence: 3 }));
    const link = join(kiosk.root, 'link.zip');
    symlinkSync(file, link);
    expect((await typed(['receive', link, '--channel', 'usb', '--root', kiosk.root])).exitCode).toBe(0);
    await onePass(kiosk);
    expect((await kiosk.update(3)).state).toBe('succeeded');
  });

  test('in a root that is no node says so', async () => {
    const { exitCode, stderr } = await typed([
      'receive',
      kiosk.file('a.zip', 'x'),
      '--channel',
      'usb',
      '--root',
      join(kiosk.root, 'files'),
    ]);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('[config.missing]');
  });

  test('works without any key: what cannot be judged yet is kept', async () => {
    const keyless = await makeKiosk();
    rmSync(keyless.layout.keys, { recursive: true });
    mkdirSync(keyless.layout.keys);
    expect((await keyless.receive(signed({}))).exitCode).toBe(0);
    expect((await keyless.pass()).exitCode).toBe(78);
    expect(readdirSync(keyless.layout.inbox)).toHaveLength(1);
    expect((await keyless.apply(signed({}))).exitCode).toBe(78);
  });
});

describe('apply', () => {
  let kiosk: Kiosk;
  beforeAll(async () => {
    kiosk = await makeKiosk({ baseline: 9 });
  });
  function apply(parcel: Buffer): Promise<Ran> {
    return typed(['apply', kiosk.file('a.zip', parcel), '--root', kiosk.root]);
  }

  const cases: [string, number, Draft][] = [
    ['succeeded', 0, { sequence: 10 }],
    ['failed', 1, { sequence: 11, script: 'exit 3' }],
    ['timed-out', 1, { sequence: 12, script: 'exec sleep 60', terms: { timeoutSeconds: 1 } }],
    ['interrupted', 1, { sequence: 13, script: 'kill -9 $PPID; sleep 60' }],
    ['deferred', 75, { sequence: 14, script: 'exit 75' }],
    ['waiting', 75, { sequence: 16, requires: [{ first: 15, last: 15 }] }],
    ['not-for-me', 2, { sequence: 17, recipients: ['role:office'] }],
    ['superseded', 2, { sequence: 9 }],
    ['expired', 2, { sequence: 18, created: '2020-01-01T00:00:00Z', expires: '2020-02-01T00:00:00Z' }],
    ['refused', 65, { sequence: 10, title: 'another' }],
  ];

  test.each(cases)(
    'of an update that is then %s exits %i, now and when asked again',
    async (state, status, draft) => {
      const parcel = signed({ ...draft, script: `echo ran >>${kiosk.witness}\n${draft.script ?? ''}` });
      rmSync(kiosk.witness, { force: true });
      const first = await apply(parcel);
      expect(first).toMatchObject({ exitCode: status });
      expect(first.stderr).toContain('received by usb, safe on disk\n');
      expect(first.stdout).toContain(`update ${draft.sequence}`);
      const runs = kiosk.witnessLines().length;
      const again = await apply(parcel);
      expect(again.exitCode).toBe(status);
      expect(kiosk.witnessLines()).toHaveLength(runs);
      const { updates } = JSON.parse(
        (await typed(['show', String(draft.sequence), '--json', '--root', kiosk.root])).stdout,
      ) as { updates: { state: string }[] };
      expect(updates.map((update) => update.state)).toContain(state);
    },
  );

  test('also works off what was waiting, and tells it as it goes', async () => {
    drop(kiosk, 'backhaul', 'b', signed({ sequence: 30, script: 'exit 0' }));
    const { stdout, stderr, exitCode } = await apply(
      signed({ sequence: 31, requires: [{ first: 30, last: 30 }] }),
    );
    expect(exitCode).toBe(0);
    const told = [...stderr.matchAll(/update (\d+): (running|succeeded)/g)].map(
      ([, sequence, state]) => `${sequence} ${state}`,
    );
    expect(told).toEqual(['30 running', '30 succeeded', '31 running']);
    expect(stdout).toMatch(/^update 31 "a test update": succeeded: exit 0/);
  });

  test('records the channel that is given', async () => {
    const file = kiosk.file('a.zip', signed({ sequence: 32 }));
    await typed(['apply', file, '--channel', 'backhaul', '--root', kiosk.root]);
    expect(await kiosk.update(32)).toMatchObject({ channel: 'backhaul' });
  });

  test('ends as the built program does', async () => {
    expect((await kiosk.apply(signed({ sequence: 33, script: 'exit 9' }))).exitCode).toBe(1);
    expect((await kiosk.apply(signedUpdate({ sequence: 34 }, fixedKey(99)))).exitCode).toBe(65);
  });
});

describe('plan', () => {
  let kiosk: Kiosk;
  beforeAll(async () => {
    kiosk = await makeKiosk({ baseline: 2 });
    drop(kiosk, 'usb', '5.zip', signed({ sequence: 5, script: `echo five >>${kiosk.witness}` }));
    drop(kiosk, 'usb', '7.zip', signed({ sequence: 7, requires: [{ first: 6, last: 6 }] }));
    drop(kiosk, 'usb', '8.zip', signed({ sequence: 8, script: 'exit 75' }));
    await onePass(kiosk);
  });
  async function plan(draft: Draft, ...options: string[]): Promise<string> {
    return (await typed(['plan', kiosk.file('plan.zip', signed(draft)), '--root', kiosk.root, ...options]))
      .stdout;
  }

  test('of a file says what would happen, and why', async () => {
    expect(await plan({ sequence: 10 })).toBe('update 10 "a test update": run (nothing stands against it)\n');
    expect(await plan({ sequence: 2 })).toContain(
      'superseded (the image of this node holds everything up to 2)',
    );
    expect(await plan({ sequence: 11, requires: [{ first: 10, last: 10 }] })).toContain(
      'waiting (requires 10, which has not arrived)',
    );
    expect(await plan({ sequence: 11, recipients: ['role:proxy'] })).toContain(
      'not-for-me (addressed to role:proxy; kept for relay)',
    );
    expect(await plan({ sequence: 5, title: 'a rival' })).toMatch(/refused \(.*equivocation\)/);
    expect(await plan({ sequence: 5, script: `echo five >>${kiosk.witness}` })).toContain('nothing (it');
  });

  test('of the queue says it of everything that may still run', async () => {
    const { stdout } = await typed(['plan', '--root', kiosk.root]);
    expect(stdout.trim().split('\n')).toEqual([
      'update 7 "a test update": waiting (requires 6, which has not arrived)',
      expect.stringMatching(/^update 8 "a test update": deferred \(the script asked to be tried later/),
    ]);
    const empty = await makeKiosk();
    expect((await typed(['plan', '--root', empty.root])).stdout).toBe('nothing is queued\n');
  });

  test.each([
    [
      'of a good file',
      (): string[] => [
        kiosk.file('plan.zip', signed({ sequence: 12, script: `echo no >>${kiosk.witness}` })),
      ],
    ],
    ['of a rival', (): string[] => [kiosk.file('plan.zip', signed({ sequence: 5, title: 'a rival' }))]],
    [
      "of a stranger's file",
      (): string[] => [kiosk.file('plan.zip', signedUpdate({ sequence: 13 }, fixedKey(99)))],
    ],
    ['of junk', (): string[] => [kiosk.file('plan.zip', 'junk')]],
    ['of the queue', (): string[] => []],
  ])('%s changes nothing', async (_name, args) => {
    const argv = ['plan', ...args(), '--root', kiosk.root];
    const before = snapshot(kiosk.root);
    await runProgram('ferryman', argv);
    expect(snapshot(kiosk.root)).toEqual(before);
  });

  test('nor does any other command that only reads', async () => {
    const file = kiosk.file('plan.zip', signed({ sequence: 12 }));
    const before = snapshot(kiosk.root);
    for (const argv of [
      ['status'],
      ['history'],
      ['show', '5'],
      ['log', '5'],
      ['applied', '5'],
      ['verify', file],
      ['history', '--json'],
    ])
      await runProgram('ferryman', [...argv, '--root', kiosk.root]);
    expect(snapshot(kiosk.root)).toEqual(before);
  });

  test('beside a daemon sees what the daemon has committed', async () => {
    const busy = await makeKiosk({ config: '[channels]\nrescanSeconds = 3600' });
    const daemon = await Daemon.start(busy);
    expect((await busy.apply(signed({ sequence: 7, requires: [{ first: 6, last: 6 }] }))).exitCode).toBe(75);
    expect((await busy.run('plan')).stdout).toContain('waiting (requires 6, which has not arrived)');
    await daemon.stop();
  });
});

describe('log', () => {
  let kiosk: Kiosk;
  beforeAll(async () => {
    kiosk = await makeKiosk();
    const script =
      'echo the output; echo the long log >$FERRYMAN_LONG_LOG; echo the short log >$FERRYMAN_SHORT_LOG';
    drop(kiosk, 'usb', '1.zip', signed({ sequence: 1, script }));
    drop(kiosk, 'usb', '2.zip', signed({ sequence: 2, script: 'exit 3' }));
    drop(kiosk, 'usb', '3.zip', signed({ sequence: 3, recipients: ['role:office'] }));
    drop(kiosk, 'usb', '4.zip', signed({ sequence: 4, script: 'printf "red \\033[31m tab\\t no end"' }));
    await onePass(kiosk);
  });
  async function log(...argv: string[]): Promise<string> {
    const { stdout, exitCode } = await typed(['log', ...argv, '--root', kiosk.root]);
    expect(exitCode).toBe(0);
    return stdout;
  }

  test('prints all three under headings, or one without', async () => {
    expect(await log('1')).toBe(
      '── short log ──\nthe short log\n── long log ──\nthe long log\n── output ──\nthe output\n',
    );
    expect(await log('1', '--short')).toBe('the short log\n');
    expect(await log('1', '--long')).toBe('the long log\n');
    expect(await log('1', '--output')).toBe('the output\n');
    expect(await log('1', '--short', '--output')).toBe('the short log\nthe output\n');
  });

  test('of a script that wrote nothing has the short log that was made for it', async () => {
    expect(await log('2')).toMatch(/^── short log ──\n.*exit 3.*\n── long log ──\n── output ──\n$/);
    expect(shortLogs(kiosk)).toHaveLength(3);
  });

  test('of an update that did not run is empty; of an unknown one an error', async () => {
    expect(await log('3', '--output')).toBe('');
    const { exitCode, stderr } = await typed(['log', '99', '--root', kiosk.root]);
    expect(exitCode).toBe(66);
    expect(stderr).toContain('[plan.no-such-update]');
  });

  test('hands bytes through to a file, and shows a terminal their codes', async () => {
    expect(await log('4', '--output')).toBe('red \u001b[31m tab\t no end');
    const { stdout } = await typed(['log', '4', '--output', '--root', kiosk.root], { terminal: true });
    expect(stdout).toBe('red \\u{1b}[31m tab\t no end');
  });

  test('is of the last run', async () => {
    const again = await makeKiosk();
    drop(again, 'usb', '1.zip', signed({ script: 'echo attempt $FERRYMAN_ATTEMPT' }));
    await onePass(again);
    await typed(['rerun', '1', '--reason', 'once more', '--root', again.root]);
    expect((await again.run('log', '1', '--output')).stdout).toBe('attempt 2\n');
    expect(readdirSync(again.layout.log).filter((name) => name.endsWith('.output.log'))).toHaveLength(2);
  });
});

describe('applied', () => {
  test('answers 0 for what has succeeded here, 1 for everything else', async () => {
    const kiosk = await makeKiosk({ baseline: 1 });
    drop(kiosk, 'usb', '2.zip', signed({ sequence: 2 }));
    drop(kiosk, 'usb', '3.zip', signed({ sequence: 3, script: 'exit 1' }));
    drop(kiosk, 'usb', '4.zip', signed({ sequence: 4, script: 'exit 75' }));
    drop(kiosk, 'usb', '5.zip', signed({ sequence: 5, recipients: ['role:office'] }));
    await onePass(kiosk);
    const answers = await Promise.all(
      ['1', '2', '3', '4', '5', '6'].map((sequence) => typed(['applied', sequence, '--root', kiosk.root])),
    );
    expect(answers.map(({ exitCode }) => exitCode)).toEqual([1, 0, 1, 1, 1, 1]);
    expect(answers.map(({ stdout }) => stdout)).toEqual(['no\n', 'yes\n', 'no\n', 'no\n', 'no\n', 'no\n']);
  });
});

describe('rerun', () => {
  test('runs a finished update again, whatever its end, with the reason kept and the attempts counted on', async () => {
    const kiosk = await makeKiosk();
    const ends = ['exit 0', 'exit 1', 'kill -9 $PPID; sleep 60', 'exit 75'];
    for (const [index, end] of ends.entries())
      drop(
        kiosk,
        'usb',
        `${index}.zip`,
        signed({ sequence: index + 1, script: `echo ${index + 1} >>${kiosk.witness}; ${end}` }),
      );
    await onePass(kiosk);
    for (const [index, status] of [0, 1, 1, 75].entries()) {
      const { exitCode, stderr } = await typed([
        'rerun',
        String(index + 1),
        '--reason',
        `reason ${index}`,
        '--root',
        kiosk.root,
      ]);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: status });
      expect((await typed(['show', String(index + 1), '--root', kiosk.root])).stdout).toContain(
        `to be run again: reason ${index}`,
      );
    }
    expect(kiosk.witnessLines()).toEqual(['1', '2', '3', '4', '1', '2', '3', '4']);
    expect(await kiosk.update(2)).toMatchObject({ attempts: 2 });
  });

  test.each([
    ['waits', { requires: [{ first: 1, last: 1 }] }],
    ['is for another node', { recipients: ['role:office'] }],
  ])('of an update that %s is refused and changes nothing', async (_name, draft) => {
    const kiosk = await makeKiosk();
    drop(kiosk, 'usb', 'a.zip', signed({ ...draft, sequence: 5 }));
    await onePass(kiosk);
    const before = snapshot(kiosk.root);
    const { exitCode, stderr } = await typed(['rerun', '5', '--reason', 'x', '--root', kiosk.root]);
    expect(exitCode).toBe(75);
    expect(stderr).toContain('[plan.not-finished]');
    expect(snapshot(kiosk.root)).toEqual(before);
  });

  test('of what has succeeded but cannot run now keeps the success', async () => {
    const kiosk = await makeKiosk();
    for (const sequence of [1, 2, 3]) drop(kiosk, 'usb', `${sequence}.zip`, signed({ sequence }));
    await onePass(kiosk);
    drop(kiosk, 'usb', '9.zip', signed({ sequence: 9, supersedes: [{ first: 1, last: 1 }] }));
    drop(kiosk, 'usb', 'rival.zip', signed({ sequence: 2, title: 'rival' }));
    await onePass(kiosk);
    const { digest } = await kiosk.update(3);
    rmSync(join(kiosk.layout.relayUpdates, `${digest}.zip`));
    for (const sequence of ['1', '2', '3']) {
      const { exitCode } = await typed(['rerun', sequence, '--reason', 'x', '--root', kiosk.root]);
      expect({ sequence, exitCode }).not.toMatchObject({ exitCode: 0 });
      const applied = await typed(['applied', sequence, '--root', kiosk.root]);
      expect({ sequence, exitCode: applied.exitCode }).toEqual({ sequence, exitCode: 0 });
    }
  });
});

async function ranOnce(): Promise<Kiosk> {
  const kiosk = await makeKiosk();
  drop(kiosk, 'backhaul', 'a', signed({ sequence: 5, script: `echo five >>${kiosk.witness}` }));
  await onePass(kiosk);
  return kiosk;
}

function setBaseline(kiosk: Kiosk, baseline: number): void {
  const text = readFileSync(kiosk.layout.configFile, 'utf8');
  writeFileSync(kiosk.layout.configFile, text.replace(/baseline = \d+/, `baseline = ${baseline}`));
}

describe('new-ledger', () => {
  test('never replaces one that can be read', async () => {
    const kiosk = await ranOnce();
    setBaseline(kiosk, 5);
    const before = snapshot(kiosk.root);
    expect(await typed(['new-ledger', '--root', kiosk.root])).toMatchObject({
      exitCode: 73,
      stderr: expect.stringContaining('[output.exists]') as string,
    });
    expect(snapshot(kiosk.root)).toEqual(before);
  });

  test.each([
    ['gone', (file: string): void => rmSync(file)],
    ['no ledger at all', (file: string): void => writeFileSync(file, 'x'.repeat(9000))],
    [
      'spoilt in all its pages',
      (file: string): void =>
        writeFileSync(
          file,
          Buffer.concat([readFileSync(file).subarray(0, 4096), Buffer.alloc(100_000, 0xa5)]),
        ),
    ],
  ])('replaces one that is %s, once the baseline says what may have run', async (_name, spoil) => {
    const kiosk = await ranOnce();
    for (const suffix of ['-wal', '-shm']) rmSync(kiosk.layout.ledgerFile + suffix, { force: true });
    spoil(kiosk.layout.ledgerFile);
    const early = await typed(['new-ledger', '--root', kiosk.root]);
    expect(early.exitCode).toBe(78);
    expect(early.stderr).toContain('node.baseline: expected at least 5');
    setBaseline(kiosk, 5);
    const made = await typed(['new-ledger', '--root', kiosk.root]);
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    drop(kiosk, 'backhaul', 'b', signed({ sequence: 6, script: `echo six >>${kiosk.witness}` }));
    await withNode(kiosk, (node) => node.pass());
    expect(kiosk.witnessLines()).toEqual(['five', 'six']);
    expect(await kiosk.update(5)).toMatchObject({ state: 'superseded' });
  });

  test('does not believe a stored parcel that a stranger signed', async () => {
    const kiosk = await ranOnce();
    rmSync(kiosk.layout.ledgerFile);
    const foreign = signedUpdate({ sequence: Number.MAX_SAFE_INTEGER }, fixedKey(99));
    writeFileSync(join(kiosk.layout.relayUpdates, 'foreign.zip'), foreign);
    setBaseline(kiosk, 5);
    expect((await typed(['new-ledger', '--root', kiosk.root])).exitCode).toBe(0);
  });

  test('is not made beside a daemon', async () => {
    const kiosk = await ranOnce();
    const daemon = await Daemon.start(kiosk);
    expect((await typed(['new-ledger', '--root', kiosk.root])).exitCode).toBe(75);
    await daemon.stop();
  });
});

test.each<[boolean, string[]]>([
  [false, ['status']],
  [false, ['applied', '1']],
  [false, ['history']],
  [true, ['run', '--once']],
])('a look at whether this is a single executable: %s for %j', async (isMade, args) => {
  const kiosk = await makeKiosk();
  const probe = join(kiosk.root, 'probe.cjs');
  writeFileSync(
    probe,
    "process.on('exit', () => require('fs').writeSync(2, process.moduleLoadList.join('\\n')));",
  );
  const env = { NODE_OPTIONS: `--require ${probe}` };
  const { stderr } = await runProgram('ferryman', [...args, '--root', kiosk.root], { env });
  expect(stderr).toContain('NativeModule fs\n');
  expect(/^NativeModule sea$/m.test(stderr)).toBe(isMade);
  expect(stderr).not.toContain('Warning');
});
