/** One look at the machine: lsblk's rows and the slots, made into the sticks that are there. */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../../errors.ts';
import type { Stick } from '../stick.ts';
import { candidatesOn, findSticks, type Candidate } from './find-sticks.ts';
import type { BlockDevice } from './lsblk.ts';
import { slotTarget } from './slots.ts';

export interface PresentStick {
  readonly stick: Stick;
  /** See {@link Candidate}. */
  readonly isSettled: boolean;
}

export interface LookSettings {
  readonly slots: readonly string[];
  /** /sys, or what stands for it. */
  readonly sysFolder: string;
  readonly bootId: string;
}

/** The sticks among `devices`: those on USB, and what block devices in slots hold. Each device once. */
export function presentSticks(devices: readonly BlockDevice[], settings: LookSettings): PresentStick[] {
  const targets = new Set(settings.slots.flatMap((slot) => [slot, slotTarget(slot)]));
  const inSlots = devices
    .filter(({ path }) => targets.has(path))
    .flatMap((device) => candidatesOn(device, devices));
  const candidates = new Map(
    [...findSticks(devices), ...inSlots].map((candidate) => [candidate.device.majorMinor, candidate]),
  );
  return [...candidates.values()].flatMap((candidate) => {
    const stick = toStick(candidate, settings);
    return stick ? [{ stick, isSettled: candidate.isSettled }] : [];
  });
}

/** `undefined` when it has been pulled since lsblk looked: without its number it would pass for another insertion. */
function toStick({ device, disk }: Candidate, settings: LookSettings): Stick | undefined {
  const { path, majorMinor, sizeBytes } = device;
  const sequence = sequenceOf(disk, settings);
  if (sequence === undefined) return undefined;
  const insertion = [settings.bootId.slice(0, 8), path, majorMinor, sequence].join(' ');
  return { device: path, serial: disk.serial, insertion, sizeBytes };
}

/**
 * The kernel counts the disks and media that come. lsblk tells the number only since 2.39, so it is read from where lsblk has
 * it. A kernel before 5.15 has none: then the inode of the device node stands in, which devtmpfs makes anew each time.
 */
function sequenceOf(disk: BlockDevice, { sysFolder }: LookSettings): string | undefined {
  const folder = join(sysFolder, 'class/block', disk.name);
  const sequence = textOf(join(folder, 'diskseq'));
  if (sequence !== undefined) return sequence;
  if (textOf(join(folder, 'dev')) === undefined) return undefined;
  try {
    return `inode ${lstatSync(disk.path).ino}`;
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}
