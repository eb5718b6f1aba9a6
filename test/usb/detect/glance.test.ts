import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { glance } from '../../../src/usb/detect/glance.ts';

let sysFolder: string;

beforeEach(() => {
  sysFolder = mkdtempSync(join(tmpdir(), 'ferryman-sys-'));
  mkdirSync(join(sysFolder, 'class/block'), { recursive: true });
});

afterEach(() => rmSync(sysFolder, { recursive: true }));

/** As the kernel has it: a link to a folder below devices. */
function plug(name: string, kind: 'pci0000:00' | 'virtual', files: Readonly<Record<string, string>>): void {
  const device = join(sysFolder, 'devices', kind, name);
  mkdirSync(device, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(device, file), `${text}\n`);
  symlinkSync(`../../devices/${kind}/${name}`, join(sysFolder, 'class/block', name));
}

const look = (seesVirtual = false) => glance(sysFolder, seesVirtual);

it.each([
  ['a disk that comes', () => plug('sdb', 'pci0000:00', { diskseq: '8', size: '9' })],
  ['a disk that goes', () => rmSync(join(sysFolder, 'class/block/sda'))],
  ['another medium', () => writeFileSync(join(sysFolder, 'class/block/sda/diskseq'), '9\n')],
  ['a medium of another size', () => writeFileSync(join(sysFolder, 'class/block/sda/size'), '0\n')],
  [
    'another disk of the same name and size, where the kernel does not count disks',
    () => {
      symlinkSync('../../devices/pci0000:00/sdc', join(sysFolder, 'new'));
      renameSync(join(sysFolder, 'new'), join(sysFolder, 'class/block/sdc'));
    },
  ],
])('a glance shows %s', (_, change) => {
  plug('sda', 'pci0000:00', { diskseq: '7', size: '65536' });
  plug('sdc', 'pci0000:00', { size: '65536' });
  const before = look();
  expect(look()).toBe(before);
  change();
  expect(look()).not.toBe(before);
});

it('virtual devices count only where slots may hold them', () => {
  const [before, beforeSeen] = [look(), look(true)];
  plug('loop0', 'virtual', { diskseq: '7', size: '0' });
  expect(look()).toBe(before);
  expect(look(true)).not.toBe(beforeSeen);
});

it('there is no glance where the kernel has no list', () => {
  rmSync(join(sysFolder, 'class'), { recursive: true });
  expect(look()).toBeUndefined();
});
