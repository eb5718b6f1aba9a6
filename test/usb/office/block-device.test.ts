/** Which devices are erased for a key: decided from what lsblk tells, shown here as it tells it of real machines. */
import { describe, expect, it } from 'vitest';
import { nameOf, whyNotErased, type BlockDevice } from '../../../src/usb/office/block-device.ts';

const bare: BlockDevice = {
  path: '/dev/sdb',
  type: 'disk',
  size: 31_000_000_000,
  model: 'Ultra_Fit',
  vendor: 'SanDisk',
  serial: '4C530001',
  tran: 'usb',
  rm: true,
  hotplug: true,
  ro: false,
  fstype: null,
  label: null,
  uuid: null,
  mountpoints: [null],
  pkname: null,
};
const part: BlockDevice = {
  ...bare,
  path: '/dev/sdb1',
  type: 'part',
  tran: null,
  fstype: 'vfat',
  pkname: 'sdb',
};
const builtIn = {
  ...bare,
  path: '/dev/nvme0n1',
  model: 'EVO',
  vendor: null,
  tran: 'nvme',
  rm: false,
  hotplug: false,
};

function verdict(device: BlockDevice, disk?: BlockDevice): string {
  const error = whyNotErased({ device, disk });
  return error ? `${error.code} ${error.message}` : 'erased';
}

describe('a device is erased', () => {
  it.each<[string, BlockDevice, BlockDevice?]>([
    ['when it is a USB key', { ...bare, children: [part] }],
    ['when it is a partition of one', part, bare],
    ['when it is a USB disk that calls itself fixed', { ...bare, rm: false, hotplug: false }],
    ['when it is a partition of such a disk', { ...part, rm: false, hotplug: false }, { ...bare, rm: false }],
    ['when it is a memory card', { ...bare, tran: null, rm: false, hotplug: true }],
    ['when it is a loop device', { ...bare, type: 'loop', tran: null, rm: false, hotplug: false }],
  ])('%s', (_, device, disk) => {
    expect(verdict(device, disk)).toBe('erased');
  });
});

it('is named fit to be printed, whatever it says of itself', () => {
  expect(nameOf({ ...bare, vendor: 'San\u001b[2J', model: ' Fit\n' })).toBe('San\\u{1b}[2J Fit');
});

describe('a device is refused', () => {
  it.each<[string, string, BlockDevice, BlockDevice?]>([
    [
      'when it is mounted',
      'stick.in-use /dev/sdb: expected it not to be mounted, found it at /media/x',
      { ...bare, mountpoints: ['/media/x'] },
    ],
    [
      'when a part of it is mounted',
      'stick.in-use /dev/sdb1: expected it not to be mounted, found it at /media/x',
      { ...bare, children: [{ ...part, mountpoints: [null, '/media/x'] }] },
    ],
    [
      'when it is swapped to',
      'stick.in-use /dev/sdb1: expected it not to be mounted, found it at [SWAP]',
      { ...part, mountpoints: ['[SWAP]'] },
      bare,
    ],
    [
      'when something is made of it',
      'stick.in-use /dev/sdb: expected it not to be in use, found /dev/mapper/x (crypt) on it',
      { ...bare, children: [{ ...part, children: [{ ...part, path: '/dev/mapper/x', type: 'crypt' }] }] },
    ],
    [
      'when it is built in',
      'stick.refused /dev/nvme0n1: expected a removable disk, found EVO, which is built in',
      builtIn,
    ],
    [
      'when it is a partition of a disk that is built in',
      'stick.refused /dev/nvme0n1p3: expected a removable disk, found EVO, which is built in',
      { ...part, path: '/dev/nvme0n1p3', rm: false, hotplug: false, pkname: 'nvme0n1' },
      builtIn,
    ],
    [
      'when it cannot be written',
      'stick.refused /dev/sdb: expected it to be writable, found it read-only',
      { ...bare, ro: true },
    ],
    [
      'when it is a drive for discs',
      'stick.refused /dev/sr0: expected a disk or a partition, found another device (rom)',
      { ...bare, path: '/dev/sr0', type: 'rom' },
    ],
  ])('%s', (_, expected, device, disk) => {
    expect(verdict(device, disk)).toBe(expected);
  });
});
