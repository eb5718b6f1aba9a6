/** What a sound key holds comes back byte by byte, and what is no key that ferryman reads is told apart. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { ext4Image, fatImage, LoopDevice, mtool, type ImageOptions, type KeyTree } from '../images.ts';
import { canMountImages, closeKeys, codeOf, collect, descriptors, leftOf, openKey } from './kit.ts';

const parcel = randomBytes(3 * 1024 * 1024 + 17);
const tree: KeyTree = {
  'ferryman/pass.zip': 'the pass',
  'ferryman/updates/b.zip': 'b',
  'ferryman/updates/A-rather.long_name-0001.zip': parcel,
  'ferryman/updates/empty.zip': '',
  'ferryman/updates/notes.txt': 'not a parcel',
  'secret/other.zip': 'not below ferryman',
};
type Make = (path: string, tree: KeyTree, options?: ImageOptions) => string;

const kinds: [string, Make, boolean][] = [
  ['FAT12', (path, files) => fatImage(path, files, { fatBits: 12, sizeMiB: 8 }), true],
  ['FAT16', (path, files) => fatImage(path, files, { fatBits: 16, sizeMiB: 32 }), true],
  ['FAT32', fatImage, true],
  ['ext4', ext4Image, canMountImages],
];

let folder: string;
let image: string;

beforeEach(() => {
  folder = temporaryFolder();
  image = join(folder, 'key.img');
});

afterEach(closeKeys);
afterAll(removeFolders);

describe.each(kinds.filter(([, , can]) => can))('a key with %s', (_, make) => {
  test('tells its parcels, reads each byte of them, and leaves nothing behind', async () => {
    make(image, tree);
    const before = descriptors();
    const volume = await openKey(image);
    expect(volume.fileSystem.label).toBe('KEY');
    const { files, skipped } = await volume.list('updates');
    expect(files).toEqual([
      { name: 'A-rather.long_name-0001.zip', sizeBytes: parcel.length },
      { name: 'b.zip', sizeBytes: 1 },
      { name: 'empty.zip', sizeBytes: 0 },
    ]);
    expect(skipped).toEqual([{ name: 'notes.txt', reason: 'not a name that ferryman takes' }]);
    expect(await volume.list('acks')).toEqual({ files: [], skipped: [] });
    const read = await collect(volume.read('updates/A-rather.long_name-0001.zip', parcel.length));
    expect(read.error).toBeUndefined();
    expect(read.bytes.equals(parcel)).toBe(true);
    expect((await collect(volume.read('pass.zip', 100))).bytes.toString()).toBe('the pass');
    expect((await collect(volume.read('updates/empty.zip', 0))).bytes).toHaveLength(0);
    await volume.close();
    expect(leftOf(image)).toEqual([]);
    expect(descriptors()).toEqual(before);
  });

  test('has ceilings for a file and for all, and knows what is missing', async () => {
    make(image, tree);
    const volume = await openKey(image, { maxTotalBytes: parcel.length + 5 });
    const large = 'updates/A-rather.long_name-0001.zip';
    expect((await collect(volume.read(large, parcel.length - 1))).error).toMatchObject({
      code: 'usb.too-large',
    });
    expect((await collect(volume.read('updates/none.zip', 9))).error).toMatchObject({ code: 'usb.missing' });
    expect((await collect(volume.read('acks/none.zip', 9))).error).toMatchObject({ code: 'usb.missing' });
    for (const path of [
      '../secret/other.zip',
      'updates/../../secret/other.zip',
      'notes.txt',
      'updates/a/b.zip',
    ])
      expect((await collect(volume.read(path, 9))).error).toMatchObject({ code: 'usb.missing' });
    expect((await collect(volume.read(large, parcel.length))).bytes).toHaveLength(parcel.length);
    expect((await collect(volume.read('pass.zip', 100))).error).toMatchObject({ code: 'usb.too-large' });
  });

  test('may be read only in part; closing ends the reading', async () => {
    make(image, tree);
    const volume = await openKey(image);
    for await (const chunk of volume.read('updates/A-rather.long_name-0001.zip', parcel.length)) {
      expect(chunk.equals(parcel.subarray(0, chunk.length))).toBe(true);
      break;
    }
    const reading = volume.read('updates/A-rather.long_name-0001.zip', parcel.length);
    await reading.next();
    await volume.close();
    expect((await collect(reading)).error).toMatchObject({ code: 'usb.closed' });
    expect(await codeOf(volume.list('updates'))).toBe('usb.closed');
    expect(leftOf(image)).toEqual([]);
  });

  test('is read without a file system that anybody can see changed', async () => {
    make(image, tree);
    const before = readFileSync(image);
    const volume = await openKey(image);
    await volume.list('updates');
    await collect(volume.read('updates/A-rather.long_name-0001.zip', parcel.length));
    await volume.close();
    expect(readFileSync(image).equals(before)).toBe(true);
  });
});

describe.skipIf(!canMountImages)('block devices (needs root and loop devices)', () => {
  test.each<[string, Make]>([
    ['FAT32', fatImage],
    ['ext4', ext4Image],
  ])('two keys with %s at once do not touch each other', async (_, make) => {
    const loops = ['one', 'two'].map(
      (name) => new LoopDevice(make(join(folder, name), { 'ferryman/updates/a.zip': name })),
    );
    try {
      const [one, two] = await Promise.all(loops.map(({ device }) => openKey(device)));
      if (!one || !two) throw new Error('expected two keys');
      expect((await collect(one.read('updates/a.zip', 9))).bytes.toString()).toBe('one');
      expect((await collect(two.read('updates/a.zip', 9))).bytes.toString()).toBe('two');
      await one.close();
      expect((await collect(two.read('updates/a.zip', 9))).bytes.toString()).toBe('two');
      await two.close();
      expect(loops.flatMap(({ device }) => leftOf(device))).toEqual([]);
    } finally {
      for (const loop of loops) loop.detach();
    }
  });
});

test('the identity is that of the file system', async () => {
  const volume = await openKey(fatImage(image, tree, { uuid: 'BA46-1F6F', label: 'TECH 7' }));
  expect(volume.fileSystem).toEqual({ type: 'vfat', uuid: 'BA46-1F6F', label: 'TECH 7' });
});

test('upper-case short names are read as any system but DOS shows them', async () => {
  fatImage(image, {});
  const file = join(folder, 'PASS.ZIP');
  writeFileSync(file, 'p');
  mtool('mmd', image, '::/FERRYMAN', '::/FERRYMAN/UPDATES');
  mtool('mcopy', image, file, '::/FERRYMAN/UPDATES/');
  const volume = await openKey(image);
  expect((await volume.list('updates')).files).toEqual([{ name: 'pass.zip', sizeBytes: 1 }]);
  expect((await collect(volume.read('updates/pass.zip', 9))).bytes.toString()).toBe('p');
});

test.each([
  ['nothing but zeros', 'usb.no-file-system', () => writeFileSync(image, Buffer.alloc(1024 * 1024))],
  ['nothing at all', 'usb.no-file-system', () => writeFileSync(image, '')],
  ['noise', 'usb.no-file-system', () => writeFileSync(image, randomBytes(1024 * 1024))],
  [
    'a zeroed superblock',
    'usb.no-file-system',
    () => overwrite(ext4Image(image, tree), 1024, Buffer.alloc(1024)),
  ],
  [
    'a zeroed boot sector',
    'usb.no-file-system',
    () => overwrite(fatImage(image, tree), 0, Buffer.alloc(512)),
  ],
  ['a FIFO for a device', 'usb.no-file-system', () => execFileSync('mkfifo', [image])],
  ['a folder for a device', 'usb.no-file-system', () => mkdirSync(image)],
  ['no device', 'usb.pulled', () => undefined],
  ['squashfs, which the kernel could mount', 'usb.file-system', makeSquashfs],
])('%s is refused with %s', async (_, code, make) => {
  make();
  const before = descriptors();
  expect(await codeOf(openKey(image))).toBe(code);
  expect(descriptors()).toEqual(before);
});

const others: [string, string, (path: string) => string[]][] = [
  ['exfat', 'mkfs.exfat', (path) => ['mkfs.exfat', path]],
  ['iso9660', 'genisoimage', (path) => ['genisoimage', '-quiet', '-R', '-o', path, folder]],
];
for (const [type, program, command] of others) {
  const hasTool = spawnSync('which', [program]).status === 0;
  const can = canMountImages && hasTool && readFileSync('/proc/filesystems', 'utf8').includes(`\t${type}\n`);
  test.skipIf(!can)(`an ${type} key opens (needs a kernel with ${type}, and ${program})`, async () => {
    if (type === 'exfat') writeFileSync(image, Buffer.alloc(16 * 1024 * 1024));
    else mkdirSync(join(folder, 'ferryman/updates'), { recursive: true });
    const [made = '', ...args] = command(image);
    execFileSync(made, args);
    const volume = await openKey(image);
    expect(volume.fileSystem.type).toBe(type);
    expect((await volume.list('updates')).files).toEqual([]);
  });
}

function makeSquashfs(): void {
  writeFileSync(join(folder, 'a.zip'), 'a');
  execFileSync('mksquashfs', [join(folder, 'a.zip'), image, '-quiet', '-no-progress']);
}

function overwrite(path: string, offset: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}

test('a FAT without a free byte tells its parcels, and nothing that is none', async () => {
  fatImage(image, { 'ferryman/updates/b.zip': 'b' }, { fatBits: 12, sizeMiB: 4 });
  const free = Number(/([\d ]+) bytes free/.exec(mtool('mdir', image, '::'))?.[1]?.replaceAll(' ', ''));
  const filler = join(folder, 'filler');
  writeFileSync(filler, Buffer.alloc(free));
  mtool('mcopy', image, filler, '::/filler');
  expect(mtool('mdir', image, '::')).toMatch(/ 0 bytes free/);
  const volume = await openKey(image);
  expect(await volume.list('updates')).toEqual({ files: [{ name: 'b.zip', sizeBytes: 1 }], skipped: [] });
  await volume.close();
});
