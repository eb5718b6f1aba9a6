/**
 * A glance at the kernel's list of block devices: a text that changes when one comes, goes, or gets another medium. It only says
 * when lsblk has to be asked, and starts no program.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../../errors.ts';

/**
 * @param sysFolder /sys, or what stands for it
 * @param seesVirtual whether loop devices and the like count: they stand in slots only
 * @returns `undefined` where the kernel's list cannot be read
 */
export function glance(sysFolder: string, seesVirtual: boolean): string | undefined {
  const folder = join(sysFolder, 'class/block');
  try {
    return readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => seesVirtual || !isVirtual(path))
      .map(stateOf)
      .join(', ');
  } catch (error) {
    if (isSystemError(error)) return undefined; // also when a device goes while it is looked at
    throw error;
  }
}

function isVirtual(path: string): boolean {
  const link = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : path;
  return link.includes('/devices/virtual/');
}

/** The entry's inode is another one each time a device comes; number and size change with a medium. Only disks have a number. */
function stateOf(path: string): string {
  return [path, lstatSync(path).ino, textOf(join(path, 'diskseq')), textOf(join(path, 'size'))].join(' ');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch (error) {
    if (isSystemError(error)) return '-';
    throw error;
  }
}
