/**
 * Makes a key on a device or in an image file: everything on it is erased, a FAT file system with the UUID that the pass names is made,
 * filled, and read back from the device itself.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { fileChunks, withFile } from '../../durable/file-source.ts';
import { FerrymanError, isSystemError } from '../../errors.ts';
import { ParcelHasher } from '../../parcel/framing.ts';
import { maxParcelBytes } from '../../parcel/limits.ts';
import { isFatVolumeId } from '../../parcel/volume-id.ts';
import { passPath } from '../pass/read-pass.ts';
import { openDevice } from '../read/device-files.ts';
import type { Tools } from '../read/tools.ts';
import type { BlockDevice } from './block-device.ts';
import { readWhole } from '../read/read-whole.ts';
import { plannedFiles, type KeyPlan } from './plan-key.ts';
import { mustRun } from './must-run.ts';

/** Below, FAT32 has too few clusters to be one for everybody. */
const minFat32Bytes = 64 * 1024 * 1024;
/** For the file system itself. */
const overheadBytes = 4 * 1024 * 1024;

export const volumeLabel = 'FERRYMAN';

/** Whether the plan can be carried out on a device of such a size. @throws FerrymanError `usb.pass-volume`, `stick.refused` */
export function checkFits(plan: KeyPlan, { path, size }: BlockDevice): void {
  const { pass } = plan;
  if (!isFatVolumeId(pass.terms.volume))
    throw new FerrymanError(
      'usb.pass-volume',
      `${path}: expected a pass for a FAT volume like 3EF5-2A49, found one for ${pass.terms.volume}`,
    );
  const needed = plannedFiles(plan).reduce((sum, { bytes }) => sum + bytes, overheadBytes);
  if (size < needed)
    throw new FerrymanError(
      'stick.refused',
      `${path}: expected room for ${needed} bytes, found a device of ${size}`,
    );
}

/** @throws FerrymanError `stick.in-use`, `stick.failed`, `stick.differs`, `usb.*` */
export async function writeDevice(device: BlockDevice, plan: KeyPlan, tools: Tools): Promise<void> {
  const { path } = device;
  checkAlone(path);
  // What is missing is told before anything is erased.
  await mustRun(tools, ['mcopy', '-V']);
  await mustRun(tools, ['mkfs.vfat', '--help']);
  await mustRun(tools, ['wipefs', '--all', '--force', path]); // what is left of other file systems would be found too
  await mustRun(tools, mkfs(device, plan));
  const files = await openDevice(path, tools);
  for (const { source, path: name } of plannedFiles(plan))
    await withFile(source, 'follow', (fd) => files.write(name, fileChunks(fd)));
  await files.write(passPath, [plan.passBytes]);
  // So that what is read back comes from the device, not from memory.
  if (device.type !== 'image file') await mustRun(tools, ['blockdev', '--flushbufs', path]);
  await compare(path, plan, tools);
}

function mkfs({ path, size }: BlockDevice, { pass }: KeyPlan): string[] {
  const id = pass.terms.volume.replace('-', '');
  const width = size < minFat32Bytes ? [] : ['-F', '32'];
  return ['mkfs.vfat', '-I', ...width, '-i', id, '-n', volumeLabel, path];
}

/** A device that is mounted, or part of something else, cannot be opened so: whatever lsblk said a moment ago. */
function checkAlone(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_EXCL));
  } catch (error) {
    if (isSystemError(error, 'EBUSY'))
      throw new FerrymanError('stick.in-use', `${path}: expected nobody to use it, found it in use`, {
        cause: error,
      });
    throw error;
  }
}

async function compare(path: string, plan: KeyPlan, tools: Tools): Promise<void> {
  const { pass, passBytes } = plan;
  const files = await openDevice(path, tools);
  const { uuid } = files.fileSystem;
  if (uuid !== pass.terms.volume)
    throw new FerrymanError(
      'stick.differs',
      `${path}: expected the volume ${pass.terms.volume}, found ${uuid || 'none'}`,
    );
  if (!(await readWhole(files, passPath, passBytes.length + 1)).equals(passBytes))
    throw new FerrymanError('stick.differs', `${passPath}: expected the pass, found other bytes`);
  for (const { path: name, fileHash } of plannedFiles(plan)) {
    const hasher = new ParcelHasher();
    for await (const chunk of files.read(name, maxParcelBytes)) hasher.update(chunk);
    if (hasher.fileHash() !== fileHash)
      throw new FerrymanError('stick.differs', `${name}: expected what was written, found other bytes`);
  }
}
