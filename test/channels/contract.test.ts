/** What every channel promises, by the channel itself: one suite, for whatever has a folder. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { backhaul } from '../../src/channels/backhaul.ts';
import type { Arrival, Channel } from '../../src/channels/channel.ts';
import { secondLook } from '../../src/channels/second-look.ts';
import { FerrymanError } from '../../src/errors.ts';
import { receiveFile } from '../../src/inbox/inbox.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

const quietSeconds = 600;

interface Kind {
  readonly name: string;
  /** The channel over a folder below `top`, which is not made. */
  readonly make: (top: string) => Channel;
}

function asideOf(top: string): { folder: string; afterSeconds: number } {
  return { folder: join(top, 'aside'), afterSeconds: quietSeconds };
}

const kinds: readonly Kind[] = [
  {
    name: 'backhaul',
    make: (top) => backhaul(join(top, 'drop'), asideOf(top)),
  },
];

const junk = new FerrymanError('framing.truncated', 'expected a parcel, found junk');

afterEach(removeFolders);

// The stage of the test that runs.
let root: string;
let channel: Channel;
let now: number;

function begin({ make }: Kind): void {
  root = temporaryFolder();
  channel = make(root);
  now = 1000;
  mkdirSync(channel.folder, { recursive: true });
}

function put(file: string, contents: string | Buffer = 'contents'): string {
  const path = join(channel.folder, file);
  writeFileSync(path, contents);
  return path;
}

function scan(): Arrival[] {
  return channel.scan(now);
}

function names(): string[] {
  return scan().map(({ path }) => basename(path));
}

function acceptAll(): void {
  for (const arrival of scan()) channel.accepted(arrival);
}

function refuseAll(): void {
  for (const arrival of scan()) channel.refused(arrival, junk, now);
}

/** Names in the folder for files that were set aside. */
function aside(): string[] {
  return existsSync(join(root, 'aside')) ? readdirSync(join(root, 'aside')).toSorted() : [];
}

describe.each(kinds)('$name', (kind) => {
  beforeEach(() => begin(kind));

  test('removes a file whose parcel is durable', () => {
    const path = put('a.zip');
    acceptAll();
    expect(scan()).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });
});

describe.each(kinds)('$name', (kind) => {
  const { name } = kind;
  beforeEach(() => begin(kind));

  test('offers again what was refused for want of a key when the keys change, and nothing else', () => {
    put('junk.zip');
    put('stranger.zip');
    const stranger = new FerrymanError(
      'verify.unknown-key',
      'expected a trusted key, found only unknown keys',
    );
    for (const arrival of scan())
      channel.refused(arrival, arrival.path.endsWith('stranger.zip') ? stranger : junk, now);
    expect(names()).toEqual([]);
    channel.trustChanged();
    expect(names()).toEqual(['stranger.zip']);
  });

  test('offers a file until it is answered for', () => {
    const path = put('a.zip');
    expect(scan()).toMatchObject([{ channel: name, path }]);
    expect(scan()).toHaveLength(1);
  });

  test('after a restart offers again what still stands there', () => {
    put('a.zip');
    put('b.zip');
    const [first] = scan();
    if (first) channel.accepted(first);
    refuseAll();
    const again = kind
      .make(root)
      .scan(now)
      .map(({ path }) => basename(path));
    expect(again).toEqual(['b.zip']);
  });

  test('does not offer a refused file again while it stays as it is', () => {
    put('a.zip');
    refuseAll();
    now += 1;
    expect(scan()).toEqual([]);
  });

  const changes: [string, (path: string) => void][] = [
    ['grows', (path) => appendFileSync(path, 'more')],
    ['is rewritten at the same length', (path) => writeFileSync(path, 'CONTENTS')],
    ['is cut', (path) => writeFileSync(path, 'c')],
    ['is touched', (path) => utimesSync(path, 1, 1)],
    [
      'is replaced by another file of the same time and length',
      (path) => {
        const { mtime } = statSync(path);
        writeFileSync(`${path}.new`, 'CONTENTS');
        utimesSync(`${path}.new`, mtime, mtime);
        renameSync(`${path}.new`, path);
      },
    ],
  ];
  test.each(changes)('offers a refused file again when it %s', (_change, change) => {
    const path = put('a.zip');
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    refuseAll();
    change(path);
    expect(names()).toEqual(['a.zip']);
  });

  test.each(changes)(
    'keeps and offers again a file that %s between the look and the answer',
    (_change, change) => {
      const path = put('a.zip');
      utimesSync(path, 1_700_000_000, 1_700_000_000);
      const arrivals = scan();
      change(path);
      for (const arrival of arrivals) channel.accepted(arrival);
      expect(existsSync(path)).toBe(true);
      expect(names()).toEqual(['a.zip']);
    },
  );

  test('minds nothing when a file vanishes before the answer', () => {
    const path = put('a.zip');
    const [arrival] = scan();
    rmSync(path);
    if (arrival) {
      channel.refused(arrival, junk, now);
      channel.accepted(arrival);
    }
    expect(scan()).toEqual([]);
    now += 2 * quietSeconds;
    expect(scan()).toEqual([]);
  });

  test('offers an empty file, and a half-written one when it is completed', () => {
    const path = put('a.zip', '');
    expect(names()).toEqual(['a.zip']);
    refuseAll();
    appendFileSync(path, 'half');
    expect(names()).toEqual(['a.zip']);
    refuseAll();
    expect(names()).toEqual([]);
    appendFileSync(path, ' and whole');
    expect(names()).toEqual(['a.zip']);
  });

  test('looks at a file that changes all the time ever less often, but never waits more than five minutes', () => {
    const path = put('a.zip', '');
    let looks = 0;
    for (let second = 0; second < 600; second += 1) {
      now += 1;
      appendFileSync(path, 'x');
      looks += scan().length;
      refuseAll();
    }
    expect(looks).toBeGreaterThan(5);
    expect(looks).toBeLessThan(20);
    now += 300;
    expect(names()).toEqual(['a.zip']);
  });

  test('does not look at hidden files, folders, links, fifos, sockets or devices', async () => {
    put('.hidden.zip');
    put('.zip');
    mkdirSync(join(channel.folder, 'folder.zip'));
    writeFileSync(join(channel.folder, 'folder.zip', 'inside.zip'), 'contents');
    writeFileSync(join(root, 'secret.zip'), 'secret');
    symlinkSync(join(root, 'secret.zip'), join(channel.folder, 'link.zip'));
    symlinkSync('nowhere', join(channel.folder, 'broken.zip'));
    execFileSync('mkfifo', [join(channel.folder, 'fifo.zip')]);
    const socket = createServer().listen(join(channel.folder, 'socket.zip'));
    await new Promise((resolve) => {
      socket.once('listening', resolve);
    });
    put('good.zip');
    expect(names()).toEqual(['good.zip']);
    now += 2 * quietSeconds;
    refuseAll();
    now += 2 * quietSeconds;
    scan();
    const left = ['.hidden.zip', '.zip', 'broken.zip', 'fifo.zip', 'folder.zip', 'link.zip', 'socket.zip'];
    expect(readdirSync(channel.folder).filter((file) => file !== 'good.zip')).toEqual(left);
    socket.close();
  });

  test('offers 10,000 files in bounded portions, the rest after those are answered for', () => {
    for (let index = 0; index < 10_000; index += 1) put(`${index}.zip`, '');
    const first = names();
    expect(first).toHaveLength(300);
    refuseAll();
    const second = names();
    expect(second).toHaveLength(300);
    expect(new Set([...first, ...second]).size).toBe(600);
  });

  test('offers each of many files once, whatever becomes of them, and what comes behind them too', () => {
    for (let index = 0; index < 1500; index += 1) put(`${index}.zip`, '');
    const offered: string[] = [];
    for (let arrivals = scan(); arrivals.length > 0; arrivals = scan()) {
      for (const arrival of arrivals) {
        offered.push(arrival.path);
        if (offered.length % 2) channel.refused(arrival, junk, now);
        else channel.accepted(arrival);
      }
    }
    expect(offered).toHaveLength(1500);
    expect(new Set(offered).size).toBe(1500);
    put('zz-late.zip');
    expect(names()).toEqual(['zz-late.zip']);
  });

  test('waits for a folder that is missing, a file in its place, or a link to nowhere', () => {
    const folder = channel.folder;
    rmSync(folder, { recursive: true });
    expect(scan()).toEqual([]);
    writeFileSync(folder, 'a file');
    expect(scan()).toEqual([]);
    rmSync(folder);
    symlinkSync('nowhere', folder);
    expect(scan()).toEqual([]);
    rmSync(folder);
    mkdirSync(folder);
    put('a.zip');
    expect(names()).toEqual(['a.zip']);
    rmSync(dirname(folder), { recursive: true });
    expect(scan()).toEqual([]);
  });

  test('names the folder when it cannot be read', () => {
    rmSync(channel.folder, { recursive: true });
    symlinkSync(basename(channel.folder), channel.folder);
    expect(scan).toThrowError(
      expect.objectContaining({
        code: 'source.unreadable',
        message: expect.stringContaining(channel.folder) as string,
      }) as Error,
    );
  });

  test('takes any name as it is, and it can be received', async () => {
    const odd = [
      ' blank .zip',
      '-rf.zip',
      '$(reboot).zip',
      'quote\'".zip',
      'a\nb\r\u001b[2J.zip',
      'überfähre 渡し船 ⛴.zip',
      '*.zip',
      '..zip.zip',
      `${'x'.repeat(251)}.zip`,
      'set-aside.zip',
    ];
    const wanted = odd.filter((file) => !file.startsWith('.'));
    for (const file of odd) put(file, `in ${file}`);
    const arrivals = scan();
    expect(arrivals.map(({ path }) => basename(path))).toEqual(wanted.toSorted());
    const inbox = join(root, 'inbox');
    mkdirSync(inbox);
    for (const arrival of arrivals) {
      const { path } = await receiveFile(inbox, arrival.channel, arrival.path, 'refuse');
      expect(readFileSync(path, 'utf8')).toBe(`in ${basename(arrival.path)}`);
    }
  });

  test('is not stopped by a name that is not UTF-8', () => {
    writeFileSync(
      Buffer.concat([Buffer.from(`${channel.folder}/b`), Buffer.from([0xff, 0xfe]), Buffer.from('.zip')]),
      'x',
    );
    put('a.zip');
    put('c.zip');
    expect(names()).toEqual(expect.arrayContaining(['a.zip', 'c.zip']));
  });
});

describe.each(kinds)('$name', (kind) => {
  beforeEach(() => begin(kind));

  describe('sets aside', () => {
    test('what was refused and has not changed for the quiet time, and not before', () => {
      put('a.zip');
      refuseAll();
      now += quietSeconds - 1;
      scan();
      expect(aside()).toEqual([]);
      now += 1;
      scan();
      expect(aside()).toEqual(['a.zip']);
      expect(readdirSync(channel.folder)).toEqual([]);
      expect(statSync(join(root, 'aside')).mode & 0o777).toBe(0o700);
    });

    test('nothing that still grows', () => {
      const path = put('a.zip');
      for (let round = 0; round < 5; round += 1) {
        refuseAll();
        now += quietSeconds - 1;
        appendFileSync(path, 'x');
      }
      scan();
      expect(aside()).toEqual([]);
    });

    test('no more than 50 files, the newest', () => {
      for (let round = 0; round < 3; round += 1) {
        for (let index = 0; index < 30; index += 1) put(`${round}-${index}.zip`);
        refuseAll();
        now += quietSeconds;
        scan();
      }
      expect(aside()).toHaveLength(50);
      expect(aside().filter((file) => file.startsWith('2-'))).toHaveLength(30);
      expect(aside().filter((file) => file.startsWith('0-'))).toHaveLength(0);
    });

    test('no more than 256 MiB, but always the newest', () => {
      for (const file of ['1.zip', '2.zip', '3.zip']) {
        put(file);
        execFileSync('truncate', ['-s', '200M', join(channel.folder, file)]);
        refuseAll();
        now += quietSeconds;
        scan();
      }
      expect(aside()).toEqual(['3.zip']);
    });

    test('nothing through a link in its own folder, and minds no file in the way', () => {
      put('set-aside.zip');
      mkdirSync(join(root, 'victim'));
      symlinkSync(join(root, 'victim'), join(channel.folder, 'aside'));
      refuseAll();
      now += quietSeconds;
      scan();
      expect(readdirSync(join(root, 'victim'))).toEqual([]);
      expect(aside()).toEqual(['set-aside.zip']);
    });

    test('what cannot be moved stays, and the others go on', () => {
      writeFileSync(join(root, 'aside'), 'a file in the way');
      put('a.zip');
      refuseAll();
      now += quietSeconds;
      put('b.zip');
      expect(names()).toEqual(['b.zip']);
      expect(existsSync(join(channel.folder, 'a.zip'))).toBe(true);
    });
  });
});

test('a second look offers the names that are wanted', () => {
  const top = temporaryFolder();
  for (const name of ['known.zip', 'news.zip']) writeFileSync(join(top, name), name);
  const look = secondLook(top, 'flood', (name) => name !== 'known.zip');
  expect(look.scan(0).map(({ path }) => basename(path))).toEqual(['news.zip']);
});

test('backhaul takes any name: a delay-tolerant engine has its own', () => {
  const top = temporaryFolder();
  for (const file of ['bundle-000017', 'a.txt', 'UPDATE.ZIP']) writeFileSync(join(top, file), 'x');
  expect(backhaul(top, asideOf(top)).scan(0)).toHaveLength(3);
});
