import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSticks } from '../../../src/usb/detect/find-sticks.ts';
import { readLsblk } from '../../../src/usb/detect/lsblk.ts';
import { childrenOf, isRunning, until, watched, type Watched } from './watched.ts';

type Row = Readonly<Record<string, unknown>>;

/** A row as lsblk 2.38 writes it: a partition where `pkname` is given, else a disk. */
function row(name: string, values: Row = {}): Row {
  return {
    path: `/dev/${name}`,
    kname: name,
    pkname: null,
    'maj:min': `8:${name.codePointAt(name.length - 1)}`,
    type: values['pkname'] === undefined ? 'disk' : 'part',
    tran: null,
    rm: false,
    hotplug: false,
    subsystems: 'block:scsi:pci',
    serial: null,
    fstype: null,
    mountpoint: null,
    size: 1024,
    ...values,
  };
}

const usb = { tran: 'usb', serial: ' S1 ' };
const part = { pkname: 'sda', fstype: 'vfat' };

function sticks(...rows: Row[]): string[] {
  const devices = readLsblk(JSON.stringify({ blockdevices: rows })) ?? [];
  return findSticks(devices).map(({ device, disk }) => `${device.name} ${disk.serial ?? '-'}`);
}

describe('what is a stick', () => {
  it.each([
    ['a partition on USB', [row('sda', usb), row('sda1', part)], ['sda1 S1']],
    ['a whole disk on USB', [row('sda', { ...usb, fstype: 'vfat' })], ['sda S1']],
    ['a disk below a USB bridge', [row('sda', { subsystems: 'block:scsi:usb:pci' })], ['sda -']],
    ['a removable disk that came while running', [row('sda', { hotplug: true, rm: true })], ['sda -']],
    ['the numbers of older versions', [row('sda', { hotplug: '1', rm: '1', size: '9' })], ['sda -']],
    ['a disk inside', [row('sda'), row('sda1', part)], []],
    ['a removable disk that was always there', [row('sda', { rm: true })], []],
    ['a card reader without a card', [row('sda', { ...usb, size: 0 })], []],
    ['a CD drive on USB', [row('sr0', { ...usb, type: 'rom' })], []],
    ['two partitions', [row('sda', usb), row('sda1', part), row('sda2', part)], ['sda1 S1', 'sda2 S1']],
    [
      'a partition without file system beside one with',
      [row('sda', usb), row('sda1', { ...part, fstype: null }), row('sda2', part)],
      ['sda2 S1'],
    ],
    ['parts listed inside', [row('sda', { ...usb, children: [row('sda1', part)] })], ['sda1 S1']],
    ['a device listed twice', [row('sda', usb), row('sda1', part), row('sda1', part)], ['sda1 S1']],
    [
      'the disk that the machine runs from',
      [row('sda', usb), row('sda1', part), row('sda2', { ...part, mountpoint: '/' })],
      [],
    ],
    [
      'the same behind encryption',
      [
        row('sda', usb),
        row('sda1', part),
        row('dm-0', { pkname: 'sda1', type: 'crypt', mountpoint: '[SWAP]' }),
      ],
      [],
    ],
    [
      'a stick that a desktop has mounted',
      [row('sda', usb), row('sda1', { ...part, mountpoint: '/media/x' })],
      ['sda1 S1'],
    ],
  ])('%s', (_, rows, found) => {
    expect(sticks(...rows)).toEqual(found);
  });

  it('a name that would lead out of /sys is left out', () => {
    expect(sticks(row('../sda', usb))).toEqual([]);
  });

  it('whatever JSON comes, reading it does not throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const devices = readLsblk(JSON.stringify({ blockdevices: [value] }));
        expect(devices).toBeInstanceOf(Array);
        expect(findSticks(devices ?? [])).toBeInstanceOf(Array);
      }),
    );
  });

  it.each(['', 'nonsense', '[]', '{}', 'null', '{"blockdevices":7}'])('"%s" is no list', (text) => {
    expect(readLsblk(text)).toBeUndefined();
  });
});

describe('an lsblk that fails', () => {
  let folder: string;
  let lsblk: string;
  let started: Watched | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ferryman-lsblk-'));
    lsblk = join(folder, 'lsblk');
    mkdirSync(join(folder, 'class/block/sda'), { recursive: true });
    writeFileSync(join(folder, 'class/block/sda/diskseq'), '1\n');
  });

  afterEach(async () => {
    await started?.watch.close();
    rmSync(folder, { recursive: true });
  });

  function watching(script: string): Watched {
    behave(script);
    const slots = [join(folder, 'slot.img')];
    started = watched(undefined, {
      slots,
      sysFolder: folder,
      programs: { usbEvents: undefined, lsblk },
      paces: { lsblkMs: 300 },
    });
    return started;
  }

  function behave(script: string): void {
    writeFileSync(lsblk, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  const listing = `echo '${JSON.stringify({ blockdevices: [row('sda', { ...usb, fstype: 'vfat' })] })}'`;

  it.each([
    ['hangs', 'exec sleep 1000', 'did not end within 0.3 s'],
    ['talks without end', 'exec yes', 'printed more than 2097152 bytes'],
    ['fails', 'exit 3', 'ended with exit status 3'],
    ['dies', 'kill -SEGV $$', 'ended with SIGSEGV'],
    ['says something else', 'echo hello', 'no list of devices in "hello'],
  ])('%s: said once, sticks are kept, image slots go on, and no process stays', async (_, script, why) => {
    const { watch, told, said } = watching(listing);
    await watch.lookNow();
    expect(told).toEqual(['+ /dev/sda S1']);
    behave(script);
    writeFileSync(join(folder, 'slot.img'), 'x');
    await watch.lookNow();
    await watch.lookNow();
    expect(said).toEqual([expect.stringContaining(why)]);
    expect(told.slice(1)).toEqual([`+ ${join(folder, 'slot.img')} -`]);
    await until(() => childrenOf(process.pid, /sleep|yes/).length === 0);
    behave(listing);
    while (said.length === 1) {
      await sleep(20); // one that was given up may be a moment from its end
      await watch.lookNow();
    }
    expect(said[1]).toBe('info: lsblk tells again which sticks are there');
    expect(watch.sticks).toHaveLength(2);
  });

  it('is not there: said once', async () => {
    const { watch, said } = watching('');
    rmSync(lsblk);
    await watch.lookNow();
    await watch.lookNow();
    expect(said).toEqual([expect.stringContaining('ENOENT')]);
  });

  it('is ended by closing', async () => {
    const { watch, said } = watching('exec sleep 1000');
    const looking = watch.lookNow();
    await until(() => childrenOf(process.pid, /sleep 1000/).length === 1);
    const [pid = 0] = childrenOf(process.pid, /sleep 1000/);
    await watch.close();
    await looking;
    await until(() => !isRunning(pid));
    expect(said).toEqual([]);
  });
});
