import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ImageSlots } from '../../../src/usb/detect/slots.ts';
import { canPlugImages } from '../emulator/plug-image.ts';
import { until, watched, withoutPolling, type Watched } from './watched.ts';

let folder: string;
let image: string;
let started: Watched | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferryman-slots-'));
  image = join(folder, 'slot.img');
});

afterEach(async () => {
  await started?.watch.close();
  rmSync(folder, { recursive: true });
});

function watchingSlot(slot: string, paces = {}): Watched {
  started = watched(undefined, { slots: [slot], paces });
  started.watch.start();
  return started;
}

function putImage(name = 'fresh.img'): void {
  writeFileSync(join(folder, name), 'a file system');
  renameSync(join(folder, name), image);
}

it('an image in a slot is a stick while it is there', async () => {
  const { told, watch } = watchingSlot(image, { ...withoutPolling, searchMs: 200, glanceMs: 50 });
  await watch.lookNow();
  expect(told).toEqual([]);
  putImage();
  await until(() => told.length === 1);
  expect(watch.sticks).toMatchObject([{ device: image, serial: undefined, sizeBytes: 13 }]);
  renameSync(image, join(folder, 'pulled.img'));
  await until(() => told.length === 2);
  expect(told).toEqual([`+ ${image} -`, `- ${image} -`]);
});

it('an image that was away only while somebody looked is noticed at the next glance', () => {
  putImage();
  const slots = new ImageSlots([image]);
  slots.look();
  expect(slots.haveChanged).toBe(false);
  renameSync(image, join(folder, 'away.img'));
  expect(slots.haveChanged).toBe(true);
  expect(slots.look()).toEqual([]);
  expect(slots.haveChanged).toBe(false);
  putImage('away.img');
  expect(slots.haveChanged).toBe(true);
});

it('writing to an image is no insertion', async () => {
  putImage();
  const { told, watch } = watchingSlot(image, withoutPolling);
  await watch.lookNow();
  writeFileSync(image, 'another content of another length');
  await watch.lookNow();
  truncateSync(image, 5);
  await watch.lookNow();
  expect(told).toEqual([`+ ${image} -`]);
});

it('another image in its place is another insertion', async () => {
  putImage();
  const { told, watch } = watchingSlot(image, withoutPolling);
  await watch.lookNow();
  const first = watch.sticks[0]?.insertion;
  putImage('other.img');
  await watch.lookNow();
  expect(told).toEqual([`+ ${image} -`, `- ${image} -`, `+ ${image} -`]);
  expect(watch.sticks[0]?.insertion).not.toBe(first);
});

it('the same image, taken away and put back, is another insertion', async () => {
  putImage();
  const { told, watch } = watchingSlot(image, withoutPolling);
  await watch.lookNow();
  const first = watch.sticks[0]?.insertion;
  renameSync(image, join(folder, 'pulled.img'));
  await watch.lookNow();
  renameSync(join(folder, 'pulled.img'), image);
  await watch.lookNow();
  expect(told).toHaveLength(3);
  expect(watch.sticks[0]?.insertion).not.toBe(first);
});

it('an empty file is no stick', async () => {
  writeFileSync(image, '');
  const { told, watch } = watchingSlot(image, withoutPolling);
  await watch.lookNow();
  expect(told).toEqual([]);
});

it.skipIf(!canPlugImages() || !existsSync('/sys/dev/block'))(
  'a link to a block device in a slot is a stick while it leads there (needs root, loop devices and /sys)',
  async () => {
    writeFileSync(image, Buffer.alloc(1024 * 1024));
    const device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
    try {
      const slot = join(folder, 'reader');
      const { told, watch } = watchingSlot(slot, { ...withoutPolling, settleMs: 0 });
      await watch.lookNow();
      expect(told).toEqual([]);
      symlinkSync(device, slot);
      await watch.lookNow();
      expect(watch.sticks).toMatchObject([{ device, sizeBytes: 1024 * 1024 }]);
      rmSync(slot);
      await watch.lookNow();
      expect(told).toEqual([`+ ${device} -`, `- ${device} -`]);
    } finally {
      execFileSync('losetup', ['--detach', device]);
    }
  },
);
