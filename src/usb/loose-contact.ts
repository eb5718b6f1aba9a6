/**
 * Whether a key that comes is one that has only lost contact for a moment: then it goes on with the visit that it had, which costs no
 * use of its pass and reads nothing again. A key without a serial number shows by nothing that it is the same.
 */
import { isDeepStrictEqual } from 'node:util';
import { FerrymanError } from '../errors.ts';
import { listWanted } from './copy-parcels.ts';
import { openVolume } from './read/volume.ts';
import type { Stick } from './stick.ts';
import type { Surroundings } from './surroundings.ts';
import type { Visit } from './visit.ts';

/** What can be told without touching the key. Only of a visit that has taken all it wanted: what was cut off begins anew. */
export function mayBeBack({ ledger }: Surroundings, { id, problem, stick }: Visit, back: Stick): boolean {
  const isSameDevice =
    (back.serial ?? '') !== '' && back.serial === stick.serial && back.device === stick.device;
  if (!isSameDevice || problem) return false;
  return ledger.usb.files(id).every(({ code }) => code === null || code === 'usb.left-alone');
}

/**
 * The same file system with the same updates on it: one to which the office has added something is worth another visit.
 *
 * @param signal aborted when the key is pulled, or the daemon stops
 */
export async function isSameKey(
  { path, config }: Surroundings,
  { fileSystem, wanted }: Visit,
  { device }: Stick,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const volume = await openVolume(device, { signal, path });
    try {
      const { uuid, type } = volume.fileSystem;
      if (uuid === '' || uuid !== fileSystem?.uuid || type !== fileSystem.type) return false;
      return isDeepStrictEqual((await listWanted(volume, config.node.guid)).files, wanted);
    } finally {
      await volume.close();
    }
  } catch (error) {
    if (error instanceof FerrymanError) return false; // whatever it is, the visit that follows says it
    throw error;
  }
}
