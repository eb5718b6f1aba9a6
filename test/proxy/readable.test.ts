/** What a person reads: one file per log, in order, whatever the order of arrival; and nothing from archives that mean harm. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { nameForReading } from '../../src/proxy/readable/name-for-reading.ts';
import { unpackArchive } from '../../src/proxy/readable/unpack-archive.ts';
import { unpackTar } from '../../src/proxy/readable/unpack-tar.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { archive, incarnation, kioskGuid, ProxyDesk } from './proxy-desk.ts';

let desk: ProxyDesk;
const unpack = (path: string, into: string): ReturnType<typeof unpackArchive> =>
  unpackArchive(path, into, unpackTar);

beforeEach(() => {
  desk = new ProxyDesk();
});

afterAll(removeFolders);

type Entries = readonly (readonly [name: string, text: string, type?: 'symlink' | 'link' | 'fifo'])[];

async function tar(entries: Entries): Promise<Buffer> {
  const packing = pack();
  for (const [name, text, type] of entries)
    if (type) packing.entry({ name, type, linkname: text });
    else packing.entry({ name }, text);
  packing.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of packing as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function withLogs(sequence: number, entries: Entries): Promise<Buffer> {
  return archive({ sequence, files: { 'logs.tar.gz': gzipSync(await tar(entries)) } });
}

function folder(): string {
  return join(desk.places.unpacked, kioskGuid(1), incarnation);
}

function read(path: string): string {
  return readFileSync(join(folder(), path), 'utf8');
}

test('a log file is one file across archives and rotation, however late an archive comes', async () => {
  const proxy = await desk.open({ unpack });
  const archives = [
    await withLogs(1, [
      ['var/log/syslog', 'a\n'],
      ['var/log/nginx/access.log', 'GET\n'],
    ]),
    await withLogs(2, [['var/log/syslog', 'b\n']]),
    await withLogs(3, [
      ['var/log/syslog.1', 'c\n'],
      ['var/log/syslog', 'd\n'],
      ['journal.export', 'j\n'],
    ]),
    await withLogs(4, [['var/log/syslog', 'e\n']]),
  ];
  for (const at of [0, 3, 2, 1]) await desk.take(proxy, archives[at] ?? Buffer.alloc(0));
  expect(read('var/log/syslog')).toBe('a\nb\nc\nd\ne\n');
  expect(Object.keys(desk.tree(folder()))).toEqual([
    'journal.export',
    'var/log/nginx/access.log',
    'var/log/syslog',
  ]);
});

test('a table beside the logs tells of each number what became of it', async () => {
  const proxy = await desk.open({ unpack });
  const bytes = archive({ sequence: 5, text: 'five\n', voids: [{ first: 2, last: 2 }] });
  await desk.take(proxy, await withLogs(1, [['var/log/syslog', 'a\n']]), bytes);
  const table = readFileSync(join(desk.places.unpacked, kioskGuid(1), 'archives.tsv'), 'utf8');
  const rows = table.split('\n').map((line) => line.split('\t'));
  expect(rows.map(([, sequence, state, , , , , , files]) => [sequence, state, files])).toEqual([
    ['sequence', 'state', 'files'],
    ['1', 'readable', 'var/log/syslog:2'],
    ['2', 'lost', ''],
    ['3-4', 'not-here', ''],
    ['5', 'readable', 'ledger.jsonl:5'],
    [undefined, undefined, undefined],
  ]);
});

test('zstd with a long window is unpacked', async () => {
  const made = spawnSync('zstd', ['-q', '--long=26', '-c'], { input: await tar([['var/log/x', 'zstd\n']]) });
  const proxy = await desk.open({ unpack });
  await desk.take(proxy, archive({ files: { 'logs.tar.zst': made.stdout } }));
  expect(read('var/log/x')).toBe('zstd\n');
});

describe('an archive that its origin has made to do harm', () => {
  test.each<[string, Entries]>([
    ['a path that climbs out', [['var/log/../../../escaped', 'x']]],
    ['an absolute path', [['/var/log/escaped', 'x']]],
    ['a path outside the logs', [['etc/passwd', 'x']]],
    ['a symbolic link', [['var/log/a', '/etc', 'symlink']]],
    ['a hard link', [['var/log/a', '/etc/passwd', 'link']]],
    ['a pipe', [['var/log/a', '', 'fifo']]],
  ])('%s: kept, told, acknowledged, and nothing of it unpacked', async (_, entries) => {
    const proxy = await desk.open({ unpack });
    const [work] = await desk.take(proxy, await withLogs(1, [['var/log/good', 'good\n'], ...entries]));
    expect(work?.unreadable.map(({ error }) => error?.verdict)).toEqual(['reject']);
    expect(existsSync(folder())).toBe(false);
    expect((await desk.ack()).origins[0]?.held).toEqual([{ first: 1, last: 1 }]);
    expect(readdirSync(desk.root).toSorted()).toEqual(['given', 'var']);
  });

  test('zeros without end cost neither memory nor disk', async () => {
    const bomb = spawnSync('sh', ['-c', 'head -c 3000000000 /dev/zero | zstd -q -c']).stdout;
    const proxy = await desk.open({ unpack });
    const [work] = await desk.take(proxy, archive({ files: { 'logs.tar.zst': bomb } }));
    expect(work?.unreadable).toHaveLength(1);
    expect(existsSync(folder())).toBe(false);
  });

  test('a folder where another archive has a file: the rest of the store goes on', async () => {
    const proxy = await desk.open({ unpack });
    await desk.take(proxy, await withLogs(1, [['var/log/a', 'file\n']]));
    const [work] = await desk.take(
      proxy,
      await withLogs(2, [['var/log/a/b', 'x\n']]),
      await withLogs(3, [['var/log/a', 'more\n']]),
    );
    expect(work?.unreadable.map(({ archive: { sequence } }) => sequence)).toEqual([2]);
    expect(read('var/log/a')).toBe('file\nmore\n');
  });
});

test('a symbolic link where a readable file should be is not followed', async () => {
  const outside = join(desk.root, 'outside');
  writeFileSync(outside, 'untouched');
  const target = join(folder(), 'var/log/a');
  const proxy = await desk.open({ unpack });
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(outside, target);
  await desk.take(proxy, await withLogs(1, [['var/log/a', 'x\n']]));
  expect(readFileSync(outside, 'utf8')).toBe('untouched');
});

test.each([
  ['var/log/syslog', 'var/log/syslog'],
  ['var/log/syslog.1', 'var/log/syslog'],
  ['var/log/syslog-20261121', 'var/log/syslog'],
  ['var/log/syslog.2.gz', 'var/log/syslog.2.gz'],
  ['var/log/Xorg.0.log', 'var/log/Xorg.0.log'],
  ['var/log/.1', 'var/log/.1'],
  ['var/log/a\u001b[2Jb', 'var/log/a_[2Jb'],
])('%j is read as %j', (path, expected) => {
  expect(nameForReading(path)).toBe(expected);
});
