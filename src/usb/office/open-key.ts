/** Finds out what was named: a folder, perhaps where a key is mounted; a device; an image file. And how to read it. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { FerrymanError } from '../../errors.ts';
import { openDevice } from '../read/device-files.ts';
import { probe } from '../read/probe.ts';
import type { Tools } from '../read/tools.ts';
import type { FileSystem } from '../stick.ts';
import { FolderFiles } from './folder-files.ts';
import type { KeyFiles } from './key-files.ts';

export type TargetKind = 'folder' | 'device' | 'image';

/** By its first bytes. */
export function isZip(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    const first = Buffer.alloc(4);
    return readSync(fd, first) === 4 && first.toString('latin1') === 'PK\x03\x04';
  } finally {
    closeSync(fd);
  }
}

/** @throws FerrymanError `source.missing`, `stick.refused` */
export function targetKind(path: string): TargetKind {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat)
    throw new FerrymanError('source.missing', `${path}: expected a folder or a device, found nothing`);
  if (stat.isDirectory()) return 'folder';
  if (stat.isBlockDevice()) return 'device';
  if (stat.isFile()) return 'image';
  throw new FerrymanError(
    'stick.refused',
    `${path}: expected a folder, a disk or an image file, found none of them`,
  );
}

/** A key that can be read until its tools are closed. */
export interface OpenedKey {
  readonly kind: TargetKind;
  readonly files: KeyFiles;
  /** `undefined` for a folder where nothing is mounted, or when the system does not tell. */
  readonly fileSystem: FileSystem | undefined;
}

/** @throws FerrymanError `source.missing`, `stick.refused`, `usb.*` */
export async function openKey(path: string, tools: Tools): Promise<OpenedKey> {
  const kind = targetKind(path);
  if (kind === 'folder')
    return { kind, files: new FolderFiles(path), fileSystem: await mountedAt(path, tools) };
  const files = await openDevice(path, tools);
  return { kind, files, fileSystem: files.fileSystem };
}

/** What is mounted at exactly this folder. */
export async function mountedAt(folder: string, tools: Tools): Promise<FileSystem | undefined> {
  const columns = 'SOURCE,FSTYPE,UUID,LABEL';
  const found = await tools.run(['findmnt', '--json', '--mountpoint', folder, '--output', columns]);
  if (found.exitCode !== 0) return undefined;
  const said = JSON.parse(found.output.toString()) as { filesystems?: Record<string, string | null>[] };
  const mounted = said.filesystems?.at(-1); // of several, the one on top
  if (!mounted) return undefined;
  const { source, fstype, uuid, label } = mounted;
  if (uuid) return { type: fstype ?? '', uuid, label: label ?? '' };
  // Without udev findmnt knows no UUIDs: the device itself does.
  return source?.startsWith('/') ? fileSystemOn(source, tools) : undefined;
}

/** @throws FerrymanError `usb.stalled`, `usb.tool` */
export async function fileSystemOn(device: string, tools: Tools): Promise<FileSystem | undefined> {
  const found = await probe(device, tools);
  return found instanceof FerrymanError ? undefined : found;
}
