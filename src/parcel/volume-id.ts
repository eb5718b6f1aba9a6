/**
 * The UUID of a file system, as blkid(8) prints it: `3EF5-2A49` on FAT and exFAT, `0a1b2c3d-…` on ext4, the time of its making on ISO
 * 9660. One spelling each.
 */

const fat = /^[0-9A-F]{4}-[0-9A-F]{4}$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const iso9660 = /^\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-\d\d$/;

/** What such a UUID must look like, for messages. */
export const volumeIdForms =
  'the UUID of a file system as blkid prints it: 3EF5-2A49 (FAT, exFAT), 2f2b1f0e-… (ext4), 2026-11-21-08-00-00-00 (ISO 9660)';

export function isVolumeId(text: string): boolean {
  return isFatVolumeId(text) || uuid.test(text) || iso9660.test(text);
}

/** FAT and exFAT. blkid prints none for 0: such a file system has no UUID. */
export function isFatVolumeId(text: string): boolean {
  return fat.test(text) && text !== '0000-0000';
}

/** The one spelling of what a person typed, in whatever case; FAT's also without its hyphen. `undefined`: it is none. */
export function normaliseVolumeId(typed: string): string | undefined {
  const withHyphen = typed.replace(/^([0-9a-f]{4})([0-9a-f]{4})$/i, '$1-$2');
  return [withHyphen.toUpperCase(), typed.toLowerCase()].find(isVolumeId);
}
