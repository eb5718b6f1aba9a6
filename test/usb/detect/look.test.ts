import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { presentSticks } from '../../../src/usb/detect/look.ts';
import type { BlockDevice } from '../../../src/usb/detect/lsblk.ts';

let sysFolder: string;

beforeEach(() => {
  sysFolder = mkdtempSync(join(tmpdir(), 'ferryman-sys-'));
});

afterEach(() => {
  rmSync(sysFolder, { recursive: true });
});

/** Its node is /dev/null, which every machine has. */
const disk: BlockDevice = {
  path: '/dev/null',
  name: 'sda',
  parent: undefined,
  majorMinor: '8:0',
  type: 'disk',
  isUsb: true,
  serial: 'S1',
  fileSystem: 'vfat',
  mountPoint: undefined,
  sizeBytes: 512,
};

function insertions(bootId = '12345678-9'): string[] {
  const settings = { slots: [], sysFolder, bootId };
  return presentSticks([disk], settings).map(({ stick }) => stick.insertion);
}

function inSys(name: string, text: string): void {
  const folder = join(sysFolder, 'class/block/sda');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
}

it('an insertion names boot, device and the number that the kernel gave the disk', () => {
  inSys('diskseq', '17\n');
  expect(insertions()).toEqual(['12345678 /dev/null 8:0 17']);
});

it('a kernel without such numbers: the inode of the device node stands in', () => {
  inSys('dev', '8:0\n');
  expect(insertions()).toEqual([expect.stringMatching(/^12345678 \/dev\/null 8:0 inode \d+$/)]);
});

it('a stick that has gone since lsblk looked is none, rather than another one', () => {
  expect(insertions()).toEqual([]);
});
