/** Which of the machine's block devices are sticks. Pure: it takes rows of lsblk. */
import type { BlockDevice } from './lsblk.ts';

/** A device that may be told of as a stick. */
export interface Candidate {
  readonly device: BlockDevice;
  /** The whole disk: it has the serial number and the sequence number. */
  readonly disk: BlockDevice;
  /** False as long as something better may yet appear on this disk: a partition, or a file system that udev names. */
  readonly isSettled: boolean;
}

/**
 * The partitions of USB disks, and USB disks without partitions. Not the disk that the machine itself runs from. A device
 * without a known file system is left out when another on its disk has one.
 */
export function findSticks(devices: readonly BlockDevice[]): Candidate[] {
  return devices
    .filter((disk) => disk.type === 'disk' && disk.isUsb && !isOfThisMachine(disk, devices))
    .flatMap((disk) => candidatesOn(disk, devices));
}

/** The same for a device that stands in a slot, whatever it hangs on. */
export function candidatesOn(disk: BlockDevice, devices: readonly BlockDevice[]): Candidate[] {
  const partitions = partsOf(disk, devices).filter(({ type }) => type === 'part');
  const holders = partitions.length > 0 ? partitions : [disk];
  const filled = holders.filter(({ sizeBytes }) => sizeBytes > 0);
  const named = filled.filter(({ fileSystem }) => fileSystem !== undefined);
  return (named.length > 0 ? named : filled).map((device) => ({
    device,
    disk: diskOf(device, devices),
    isSettled: named.length > 0,
  }));
}

function diskOf(device: BlockDevice, devices: readonly BlockDevice[]): BlockDevice {
  if (device.type !== 'part') return device;
  return devices.find(({ name }) => name === device.parent) ?? device;
}

function partsOf(disk: BlockDevice, devices: readonly BlockDevice[]): BlockDevice[] {
  return devices.filter(({ parent }) => parent === disk.name);
}

/** A kiosk may boot from USB: also through encryption or volumes on it. */
function isOfThisMachine(disk: BlockDevice, devices: readonly BlockDevice[], depth = 0): boolean {
  if (/^(\/|\/boot(\/.*)?|\/usr|\[SWAP\])$/.test(disk.mountPoint ?? '')) return true;
  return depth < 10 && partsOf(disk, devices).some((part) => isOfThisMachine(part, devices, depth + 1));
}
