/** Reports that go back onto a FAT key: whole under their name, or not at all. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { ext4Image, fatImage, LoopDevice, mtool } from '../images.ts';
import { canMountImages, closeAndLookAround, closeKeys, codeOf, fakes, leftOf, openKey } from './kit.ts';

const report = 'reports/0a1b2c3d-0000-4000-8000-123456789abc/report-0001.html';
let folder: string;
let image: string;

beforeEach(() => {
  folder = temporaryFolder();
  image = join(folder, 'key.img');
});

afterEach(() => closeAndLookAround());
afterAll(removeFolders);

function read(path: string, from = image): Buffer {
  return execFileSync('mcopy', ['-i', from, `::/ferryman/${path}`, '-'], {
    env: { ...process.env, MTOOLSRC: '/dev/null' },
    maxBuffer: 16 * 1024 * 1024,
  });
}

async function* inChunks(bytes: Buffer, chunkBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/** Breaks off after its first bytes. */
async function* failing(): AsyncGenerator<Buffer> {
  yield Buffer.from('begun');
  await Promise.resolve();
  throw new Error('no more');
}

test('is written into folders made for it, replaced, and leaves no other name', async () => {
  const volume = await openKey(fatImage(image, {}));
  const bytes = randomBytes(1_234_567);
  await volume.write(report, inChunks(bytes, 10_000));
  expect(read(report).equals(bytes)).toBe(true);
  await volume.write(report, Buffer.from('shorter'));
  await volume.write('reports/report.txt', Buffer.alloc(0));
  expect(read(report).toString()).toBe('shorter');
  const names = mtool('mdir', image, '-b', '-/', '::/ferryman/reports').trim().split('\n');
  expect(names.filter((name) => !name.endsWith('/')).toSorted()).toEqual([
    '::/ferryman/reports/0a1b2c3d-0000-4000-8000-123456789abc/report-0001.html',
    '::/ferryman/reports/report.txt',
  ]);
  expect(execFileSync('fsck.vfat', ['-n', image], { encoding: 'utf8' })).not.toMatch(
    /error|differ|free cluster/i,
  );
});

test('a full key keeps the report of before, and nothing unfinished', async () => {
  const volume = await openKey(fatImage(image, {}, { fatBits: 12, sizeMiB: 2 }));
  await volume.write(report, Buffer.from('before'));
  expect(await codeOf(volume.write(report, randomBytes(5 * 1024 * 1024)))).toBe('usb.write-full');
  expect(read(report).toString()).toBe('before');
  expect(mtool('mdir', image, '-b', '-/', '::/ferryman/reports')).not.toContain('.tmp');
  await volume.write(report, Buffer.from('after'));
  expect(read(report).toString()).toBe('after');
});

/** Leaves no cluster free, on a key of 2 MiB with these folders. */
function fullOfClusters(...folders: readonly string[]): string {
  fatImage(image, {}, { fatBits: 12, sizeMiB: 2 });
  for (const name of folders) mtool('mmd', image, `::/${name}`);
  const [, free = ''] = /([\d ]+) bytes free/.exec(mtool('mdir', image)) ?? [];
  writeFileSync(join(folder, 'filling'), Buffer.alloc(Number(free.replaceAll(' ', ''))));
  mtool('mcopy', image, join(folder, 'filling'), '::/filling');
  expect(mtool('mdir', image)).toMatch(/ 0 bytes free/);
  return image;
}

/** Leaves no entry free in the top folder, which cannot grow on FAT12; there is room for files all the same. */
function fullOfNames(...folders: readonly string[]): string {
  fatImage(image, {}, { fatBits: 12, sizeMiB: 2 });
  for (const name of folders) mtool('mmd', image, `::/${name}`);
  const files = Array.from({ length: 600 }, (_, index) => join(folder, `f${index}`));
  for (const file of files) writeFileSync(file, 'small');
  expect(() => mtool('mcopy', image, ...files, '::/')).toThrow('No directory slots');
  return image;
}

const guidFolder = report.split('/').slice(0, -1).join('/');
const below = ['ferryman', 'ferryman/reports', `ferryman/${guidFolder}`];

describe.each([
  ['not even its own folder', []],
  ['a folder, but not that of the reports', below.slice(0, 1)],
  ['all folders', below],
])('a key with %s', (_which, folders) => {
  test('and no free cluster is told as full', async () => {
    const volume = await openKey(fullOfClusters(...folders));
    expect(await codeOf(volume.write(report, Buffer.from('x')))).toBe('usb.write-full');
    expect(mtool('mdir', image, '-b', '-/', '::/')).not.toContain('.tmp');
  });
});

test('a key whose top folder is full is told as full', async () => {
  const volume = await openKey(fullOfNames());
  expect(await codeOf(volume.write(report, Buffer.from('x')))).toBe('usb.write-full');
});

test('a key whose top folder is full takes a report below a folder that is there', async () => {
  const volume = await openKey(fullOfNames('ferryman'));
  await volume.write(report, Buffer.from('x'));
  expect(read(report).toString()).toBe('x');
});

test('a key on which a file stands where the folder should be is not told as full', async () => {
  const volume = await openKey(fatImage(image, { ferryman: 'a file' }));
  expect(await codeOf(volume.write(report, Buffer.from('x')))).toBe('usb.write');
});

test('when what is to be written fails, the name is not taken', async () => {
  const volume = await openKey(fatImage(image, {}));
  await expect(volume.write(report, failing())).rejects.toThrow('no more');
  expect(mtool('mdir', image, '-b', '-/', '::/ferryman/reports')).not.toContain('.html\n');
});

test.each([
  'pass.zip',
  'updates/a.zip',
  'reports',
  'reports/../pass.zip',
  'reports/a/b/c/d/e',
  'reports/a\nb',
  'reports/*',
  'reports/a.',
])('%j is no name to write', async (name) => {
  const volume = await openKey(fatImage(image, {}));
  expect(await codeOf(volume.write(name, Buffer.from('x')))).toBe('usb.write');
});

test('a key that is gone is told as pulled', async () => {
  const volume = await openKey(fatImage(image, {}));
  rmSync(image);
  expect(await codeOf(volume.write(report, Buffer.from('x')))).toBe('usb.pulled');
});

test('a key that is pulled while it is written is told as pulled', async () => {
  fatImage(image, {});
  const path = fakes(join(folder, 'bin'), { mren: `rm -f ${image}; exit 1` });
  const volume = await openKey(image, { path });
  expect(await codeOf(volume.write(report, Buffer.from('x')))).toBe('usb.pulled');
});

describe.skipIf(!canMountImages)('block devices (needs root and loop devices)', () => {
  test('what was written is on the medium, not in a cache', async () => {
    const loop = new LoopDevice(fatImage(image, { 'ferryman/updates/a.zip': 'a' }));
    try {
      const volume = await openKey(loop.device);
      expect(volume.writable).toBe(true);
      expect((await volume.list('updates')).skipped).toEqual([]);
      await volume.write(report, Buffer.from('through'));
      expect(read(report, image).toString()).toBe('through');
    } finally {
      await closeKeys();
      loop.detach();
    }
  });

  test('a write-protected key says so', async () => {
    const loop = new LoopDevice(fatImage(image, {}), { readOnly: true });
    try {
      const volume = await openKey(loop.device);
      expect(volume.writable).toBe(false);
      expect(await codeOf(volume.write(report, Buffer.from('x')))).toBe('usb.write-protected');
    } finally {
      await closeKeys();
      loop.detach();
    }
  });

  test('ext4 is never written', async () => {
    const volume = await openKey(ext4Image(image, {}));
    expect(volume.writable).toBe(false);
    expect(await codeOf(volume.write(report, Buffer.from('x')))).toBe('usb.write-protected');
    await closeKeys();
    expect(leftOf(image)).toEqual([]);
  });
});
