/**
 * A key that is pulled, at every 64 KiB of a copy and while it is opened: always an error, no byte that was not on it, nothing
 * left behind, and the next key works.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { ext4Image, fatImage, LoopDevice } from '../images.ts';
import {
  canMountImages,
  children,
  closeKeys,
  codeOf,
  collect,
  descriptors,
  fakes,
  leftOf,
  openKey,
} from './kit.ts';

const step = 64 * 1024;
/** Pulled within the first part: what stands in pipes and was read ahead when the key goes is less than the rest. */
const parcel = randomBytes(14 * 1024 * 1024);
const pulledWithin = 2 * 1024 * 1024;
const path = 'updates/a.zip';
const folder = temporaryFolder();
const sound = { FAT: join(folder, 'fat.img'), ext4: join(folder, 'ext4.img') };
const cuts = Array.from({ length: pulledWithin / step + 1 }, (_, index) => index * step);

beforeAll(() => {
  fatImage(sound.FAT, { 'ferryman/updates/a.zip': parcel }, { sizeMiB: 40 });
  ext4Image(sound.ext4, { 'ferryman/updates/a.zip': parcel });
});

afterEach(closeKeys);
afterAll(removeFolders);

interface Way {
  readonly name: string;
  readonly kind: 'FAT' | 'ext4';
  readonly loop: boolean;
  readonly codes: readonly string[];
}

const ways: Way[] = [
  { name: 'FAT in an image', kind: 'FAT', loop: false, codes: ['usb.pulled'] },
  { name: 'FAT on a block device', kind: 'FAT', loop: true, codes: ['usb.pulled', 'usb.read'] },
  { name: 'ext4 in an image', kind: 'ext4', loop: false, codes: ['usb.pulled'] },
  { name: 'ext4 on a block device', kind: 'ext4', loop: true, codes: ['usb.pulled', 'usb.read'] },
];

describe.each(ways.filter(({ kind, loop }) => canMountImages || (kind === 'FAT' && !loop)))(
  '$name',
  (way) => {
    test('pulled at every 64 KiB of a copy', async () => {
      const before = descriptors();
      for (const cut of cuts) {
        const image = copyOf(way);
        const loop = way.loop ? new LoopDevice(image) : undefined;
        const device = loop?.device ?? image;
        try {
          const volume = await openKey(device);
          const { bytes, error } = await collect(
            cutAt(volume.read(path, parcel.length), cut, () => truncateSync(image, 0)),
          );
          expect(way.codes, `cut at ${cut}: ${String(error)}`).toContain(
            (error as { code?: string } | undefined)?.code,
          );
          expect(bytes.equals(parcel.subarray(0, bytes.length))).toBe(true);
          await volume.close();
          expect(leftOf(device)).toEqual([]);
        } finally {
          loop?.detach();
        }
      }
      expect(children()).toEqual([]);
      expect(descriptors()).toEqual(before);
      await expectNextWorks(way);
    });

    test('with an end at every 64 KiB of it: as good as pulled, or damaged', async () => {
      for (const cut of cuts) {
        const image = copyOf(way);
        truncateSync(image, cut);
        const loop = way.loop ? new LoopDevice(image) : undefined;
        try {
          const device = loop?.device ?? image;
          const { bytes, error } = await collect(openAndRead(device));
          expect((error as { code?: string } | undefined)?.code, `cut at ${cut}`).toMatch(
            /^usb\.(no-file-system|damaged|read|missing|pulled)$/,
          );
          expect(bytes.equals(parcel.subarray(0, bytes.length))).toBe(true);
          await closeKeys();
          expect(leftOf(device)).toEqual([]);
        } finally {
          loop?.detach();
        }
      }
      expect(children()).toEqual([]);
      await expectNextWorks(way);
    });
  },
);

describe.skipIf(!canMountImages)('while it is opened (needs root and loop devices)', () => {
  test.each(['blkid', 'unshare', 'mount', 'findmnt', 'mdir', 'find'])('pulled before %s', async (program) => {
    const kind = program === 'mdir' ? 'FAT' : 'ext4';
    const image = copyOf({ kind });
    const loop = new LoopDevice(image);
    const node = join(folder, 'node');
    const number = loop.device.replace('/dev/loop', '');
    try {
      execFileSync('mknod', [node, 'b', '7', number]);
      const real = execFileSync('which', [program], { encoding: 'utf8' }).trim();
      const bin = join(folder, `bin-${program}`);
      const pathOfFakes = fakes(bin, {
        [program]: `truncate -s 0 ${image}; rm -f ${node}; exec ${real} "$@"`,
      });
      const opening = openKey(node, { path: pathOfFakes }).then((volume) => volume.list('updates'));
      expect(await codeOf(opening)).toBe('usb.pulled');
      await closeKeys();
      expect(leftOf(loop.device)).toEqual([]);
      expect(children()).toEqual([]);
    } finally {
      rmSync(node, { force: true });
      loop.detach();
    }
  });

  test('another stick under the same name does not answer for the first', async () => {
    const [one, two] = [copyOf({ kind: 'FAT' }), join(folder, 'other.img')];
    fatImage(two, { 'ferryman/updates/a.zip': 'other' });
    const loops = [new LoopDevice(one), new LoopDevice(two)];
    const node = join(folder, 'node');
    const plug = (index: number) =>
      execFileSync('mknod', [node, 'b', '7', String(loops[index]?.device.replace('/dev/loop', ''))]);
    try {
      plug(0);
      const volume = await openKey(node);
      rmSync(node);
      plug(1);
      expect((await collect(volume.read(path, parcel.length))).error).toMatchObject({ code: 'usb.pulled' });
      expect(await codeOf(volume.list('updates'))).toBe('usb.pulled');
      const before = readFileSync(two);
      expect(await codeOf(volume.write('reports/a.txt', Buffer.from('for the first')))).toBe('usb.pulled');
      expect(readFileSync(two).equals(before)).toBe(true);
    } finally {
      rmSync(node, { force: true });
      for (const loop of loops) loop.detach();
    }
  });
});

async function* openAndRead(device: string): AsyncGenerator<Buffer> {
  const volume = await openKey(device);
  yield* volume.read(path, parcel.length);
}

function copyOf({ kind }: Pick<Way, 'kind'>): string {
  const image = join(folder, 'key.img');
  rmSync(image, { force: true });
  copyFileSync(sound[kind], image);
  return image;
}

async function* cutAt(chunks: AsyncIterable<Buffer>, cut: number, pull: () => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  let isPulled = cut === 0;
  if (isPulled) pull();
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (!isPulled && bytes >= cut) {
      pull();
      isPulled = true;
    }
    yield chunk;
  }
}

async function expectNextWorks(way: Pick<Way, 'kind'>): Promise<void> {
  const next = await openKey(copyOf(way));
  expect((await collect(next.read(path, parcel.length))).bytes.equals(parcel)).toBe(true);
}
