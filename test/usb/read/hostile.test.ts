/** Keys made to do harm, and keys that are damaged: what is not a plain file is told and left alone, in bounded time and memory. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { maxEntries } from '../../../src/usb/read/names.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { ext4Image, fatImage, mtool } from '../images.ts';
import { canMountImages, closeAndLookAround, codeOf, collect, fakes, openKey, systemPath } from './kit.ts';

let folder: string;
let image: string;

beforeEach(() => {
  folder = temporaryFolder();
  image = join(folder, 'key.img');
});

afterEach(() => closeAndLookAround(image));
afterAll(removeFolders);

describe.skipIf(!canMountImages)('ext4 (needs root and loop devices)', () => {
  test('links, FIFOs, devices, sockets, folders and setuid files are skipped with a reason, and not read', async () => {
    ext4Image(image, { 'ferryman/updates/good.zip': 'good' }, { prepare: makeOddities });
    const volume = await openKey(image);
    const { files, skipped } = await volume.list('updates');
    expect(files.map(({ name }) => name)).toEqual(['good.zip']);
    expect(Object.fromEntries(skipped.map(({ name, reason }) => [name, reason]))).toEqual({
      'shadow.zip': 'a link',
      'fifo.zip': 'a FIFO',
      'null.zip': 'a device',
      'sda.zip': 'a device',
      'folder.zip': 'a folder',
      'setuid.zip': 'setuid or setgid',
    });
    for (const { name } of skipped)
      expect((await collect(volume.read(`updates/${name}`, 1e9))).error).toMatchObject({ code: 'usb.read' });
    expect((await collect(volume.read('pass.zip', 1e9))).error).toMatchObject({ code: 'usb.read' });
    expect((await volume.list('rosters')).files).toEqual([]);
    expect((await volume.list('rosters')).skipped).toEqual([{ name: 'rosters', reason: 'not a folder' }]);
  });

  test('a link that only appears between looking and reading is not followed', async () => {
    ext4Image(image, { 'ferryman/updates/a.zip': '' }, { prepare: makeOddities });
    const path = fakes(join(folder, 'bin'), { find: 'printf "0 f 644 5 shadow.zip"' });
    const volume = await openKey(image, { path });
    for (const name of ['shadow', 'fifo', 'null', 'sda'])
      expect(await collect(volume.read(`updates/${name}.zip`, 1e9))).toMatchObject({
        bytes: Buffer.alloc(0),
        error: { code: 'usb.read' },
      });
  });

  test('ferryman/ itself may not be a link', async () => {
    ext4Image(
      image,
      { 'elsewhere/updates/a.zip': 'a' },
      { prepare: (at) => symlinkSync('elsewhere', join(at, 'ferryman')) },
    );
    const volume = await openKey(image);
    expect(await codeOf(volume.list('updates'))).toBe('usb.read');
    expect((await collect(volume.read('updates/a.zip', 9))).error).toMatchObject({ code: 'usb.read' });
  });

  test('names with newlines, control characters, spaces, no UTF-8, or too long are told in print and left alone', async () => {
    const names = [
      'a\nb.zip',
      'a\u001b[31m.zip',
      'a b.zip',
      `${'x'.repeat(200)}.zip`,
      '-rf.zip',
      '.hidden.zip',
      'ü.zip',
    ];
    const prepare = (at: string) => {
      for (const name of names) writeFileSync(join(at, 'ferryman/updates', name), name);
      const raw = Buffer.concat([
        Buffer.from(`${at}/ferryman/updates/`),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('.zip'),
      ]);
      writeFileSync(raw, 'raw');
    };
    ext4Image(image, { 'ferryman/updates/good.zip': 'good' }, { prepare });
    const { files, skipped } = await (await openKey(image)).list('updates');
    expect(files.map(({ name }) => name)).toEqual(['good.zip']);
    expect(skipped).toHaveLength(names.length + 1);
    for (const { name } of skipped) expect(name).toMatch(/^[^\p{C}]{1,101}$/u);
  });

  // 100,000, not a million: making them is what takes long, and no more than the first thousand are looked at.
  test('a folder of 100,000 files is looked at up to its limit', async () => {
    ext4Image(image, {}, { sizeMiB: 300, mkfs: ['-N', '110000', '-b', '4096', '-O', '^has_journal'] });
    makeManyFiles(image, join(folder, 'mounted'));
    const heapBefore = process.memoryUsage().rss;
    const { files, skipped } = await (await openKey(image)).list('updates');
    expect(files).toHaveLength(maxEntries);
    expect(skipped).toEqual([{ name: '…', reason: expect.stringContaining('more than') as string }]);
    expect(process.memoryUsage().rss - heapBefore).toBeLessThan(64 * 1024 * 1024);
  });

  test('a sparse file of 100 GB is refused by its size, and never read further than asked', async () => {
    ext4Image(image, { 'ferryman/updates/big.zip': '' }, { prepare: growBig, mkfs: ['-b', '4096'] });
    const volume = await openKey(image);
    expect((await volume.list('updates')).files).toEqual([{ name: 'big.zip', sizeBytes: 100 * 1024 ** 3 }]);
    const { bytes, error } = await collect(volume.read('updates/big.zip', 1024 ** 3));
    expect({ length: bytes.length, error }).toMatchObject({ length: 0, error: { code: 'usb.too-large' } });
  });

  test('a file that turns out longer than its folder told ends there', async () => {
    ext4Image(image, { 'ferryman/updates/a.zip': randomBytes(1_000_000) });
    const path = fakes(join(folder, 'bin'), { find: 'printf "0 f 644 1000 a.zip"' });
    const { bytes, error } = await collect((await openKey(image, { path })).read('updates/a.zip', 2000));
    expect(bytes.length).toBeLessThanOrEqual(1000);
    expect(error).toMatchObject({ code: 'usb.read' });
  });

  test('a superblock that asks for a panic on errors is overruled', async () => {
    ext4Image(image, { 'ferryman/updates/a.zip': 'a' }, { mkfs: ['-e', 'panic'] });
    const seen = join(folder, 'seen');
    const path = fakes(join(folder, 'bin'), { findmnt: `/usr/bin/findmnt "$@" | tee ${seen}` });
    await openKey(image, { path });
    expect(readFileSync(seen, 'utf8')).toContain('errors=continue');
  });

  test.each(['ro', 'nosuid', 'nodev', 'noexec', 'nosymfollow', 'noload'])(
    'a mount that drops %s is refused',
    async (option) => {
      ext4Image(image, { 'ferryman/updates/a.zip': 'a' });
      const bin = join(folder, 'bin');
      const path = fakes(bin, {
        mount: `n=$#; while [ $n -gt 0 ]; do a=$(printf %s "$1" | sed 's/\\b${option}\\b//; s/,,/,/; s/^,//'); shift; set -- "$@" "$a"; n=$((n-1)); done; exec /usr/bin/mount "$@"`,
      });
      expect(await codeOf(openKey(image, { path }))).toBe('usb.mount-options');
    },
  );

  test.each([
    ['says nothing', 'true', 'usb.mount'],
    [
      'tells of another file system',
      `echo '{"filesystems":[{"fstype":"proc","options":"ro"}]}'`,
      'usb.mount',
    ],
    ['is not there', 'exit 127', 'usb.tool'],
  ])('a findmnt that %s opens nothing', async (_, script, code) => {
    ext4Image(image, { 'ferryman/updates/a.zip': 'a' });
    expect(await codeOf(openKey(image, { path: fakes(join(folder, 'bin'), { findmnt: script }) }))).toBe(
      code,
    );
  });

  test.each([
    ['group descriptors', 4096, 4096],
    ['inode table and folders', 64 * 1024, 2 * 1024 * 1024],
  ])('zeroed %s end in words', async (_, offset, length) => {
    ext4Image(image, { 'ferryman/updates/a.zip': randomBytes(100_000) }, { mkfs: ['-b', '4096'] });
    overwrite(image, offset, Buffer.alloc(length));
    const told = await openKey(image).then(
      async (volume) => (await collect(volume.read('updates/a.zip', 1e9))).error,
      (error: unknown) => error,
    );
    expect((told as { code: string }).code).toMatch(/^usb\.(damaged|read|missing)$/);
  });
});

describe('FAT', () => {
  test.each([
    ['../', '../evil.zip'],
    ['a\n/', 'a\n/evil.zip'],
    ['\u001b[A', '\u001b[Aevil.zip'],
    ['a\n ', 'a\n evil.zip'],
  ])('a name patched to begin with %j is left alone', async (start) => {
    fatImage(image, { 'ferryman/updates/XXXevil.zip': 'evil', 'ferryman/updates/good.zip': 'good' });
    const bytes = readFileSync(image);
    const at = bytes.indexOf(Buffer.from('XXX', 'utf16le'));
    expect(at).toBeGreaterThan(0);
    bytes.write(start, at, 'utf16le');
    writeFileSync(image, bytes);
    const volume = await openKey(image);
    const { files, skipped } = await volume.list('updates');
    expect(files.map(({ name }) => name)).toEqual(['good.zip']);
    for (const { name } of skipped) expect(name).toMatch(/^[^\p{C}]{1,101}$/u);
    expect((await collect(volume.read('updates/good.zip', 9))).bytes.toString()).toBe('good');
  });

  test('a folder with the name of a parcel is not read', async () => {
    fatImage(image, { 'ferryman/updates/folder.zip/inner.zip': 'inner' });
    const volume = await openKey(image);
    expect(await volume.list('updates')).toEqual({
      files: [],
      skipped: [{ name: 'folder.zip', reason: 'a folder' }],
    });
    expect((await collect(volume.read('updates/folder.zip', 9))).error).toMatchObject({
      code: 'usb.missing',
    });
  });

  test('a folder whose clusters go round in a circle is looked at up to its limit', async () => {
    const tree = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`ferryman/updates/a-long-name-${index}.zip`, '']),
    );
    fatImage(image, tree, { fatBits: 16, sizeMiB: 32 });
    const cluster = Number(/<(\d+)/.exec(mtool('mshowfat', image, '::/ferryman/updates'))?.[1]);
    const fat = readFileSync(image).readUInt16LE(14) * 512;
    const next = Buffer.alloc(2);
    next.writeUInt16LE(cluster);
    overwrite(image, fat + cluster * 2, next);
    const volume = await openKey(image, { stallMs: 3000 });
    const told = await volume.list('updates').then(
      ({ skipped }) => skipped.map(({ reason }) => reason).join(),
      (error: { code: string }) => error.code,
    );
    expect(told).toMatch(/more than|loop detected|usb\.(stalled|read)/);
  });

  test('noise in the table of clusters ends in words, and is not told as something else', async () => {
    const sound = join(folder, 'sound.img');
    const parcel = randomBytes(300_000);
    fatImage(sound, { 'ferryman/updates/a.zip': parcel }, { fatBits: 16, sizeMiB: 16 });
    for (let round = 0; round < 30; round++) {
      copyFileSync(sound, image);
      overwrite(image, 512 + 64 * round, randomBytes(8192));
      const volume = await openKey(image, { stallMs: 3000 });
      const { files } = await volume.list('updates').catch(() => ({ files: [] }));
      expect(files.length).toBeLessThanOrEqual(1);
      const { bytes, error } = await collect(volume.read('updates/a.zip', 1e6));
      expect(bytes.length).toBeLessThanOrEqual(parcel.length);
      expect((error as { code?: string } | undefined)?.code ?? 'usb.read').toMatch(
        /^usb\.(read|missing|stalled|too-large)$/,
      );
      await volume.close();
    }
  });
});

test('a machine without mtools is told so', async () => {
  fatImage(image, { 'ferryman/updates/a.zip': 'a' });
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['setpriv', 'prlimit', 'blkid'])
    symlinkSync(
      execFileSync('which', [name], { encoding: 'utf8', env: { PATH: systemPath } }).trim(),
      join(bin, name),
    );
  const volume = await openKey(image, { path: bin });
  expect(await codeOf(volume.list('updates'))).toBe('usb.tool');
  expect(await codeOf(openKey(image, { path: join(folder, 'nothing') }))).toBe('usb.tool');
});

/** By the kernel: mkfs takes minutes for so many. Not in a namespace of its own, which a chroot has no root to make it from. */
function makeManyFiles(inImage: string, mountPoint: string): void {
  mkdirSync(mountPoint);
  execFileSync('mount', ['-o', 'loop', inImage, mountPoint]);
  try {
    const script =
      'mkdir -p ferryman/updates && cd ferryman/updates && seq 1 100000 | sed s/$/.zip/ | xargs touch';
    execFileSync('sh', ['-ec', script], { cwd: mountPoint });
  } finally {
    execFileSync('umount', [mountPoint]);
  }
  // A mount namespace that another test made meanwhile has a copy of this mount, for a moment.
  const isFree = 'for turn in $(seq 100); do test -z "$(losetup -j "$0")" && exit; sleep 0.1; done; exit 1';
  execFileSync('sh', ['-c', isFree, inImage]);
}

function growBig(at: string): void {
  truncateSync(join(at, 'ferryman/updates/big.zip'), 100 * 1024 ** 3);
}

function makeOddities(at: string): void {
  const updates = join(at, 'ferryman/updates');
  symlinkSync('/etc/shadow', join(updates, 'shadow.zip'));
  symlinkSync('/etc/shadow', join(at, 'ferryman/pass.zip'));
  symlinkSync('/etc', join(at, 'ferryman/rosters'));
  execFileSync('mkfifo', [join(updates, 'fifo.zip')]);
  execFileSync('mknod', [join(updates, 'null.zip'), 'c', '1', '5']);
  execFileSync('mknod', [join(updates, 'sda.zip'), 'b', '254', '0']);
  mkdirSync(join(updates, 'folder.zip'));
  writeFileSync(join(updates, 'part'), 'setuid');
  chmodSync(join(updates, 'part'), 0o4755);
  renameSync(join(updates, 'part'), join(updates, 'setuid.zip'));
}

function overwrite(path: string, offset: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}
