/** What would be erased with a device, and whether it may be: facts from lsblk, and a decision from them. */
import { statSync } from 'node:fs';
import { FerrymanError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';
import type { Tools } from '../read/tools.ts';
import { mustRun } from './must-run.ts';
import { fileSystemOn } from './open-key.ts';

/** A row of lsblk --json. */
export interface BlockDevice {
  readonly path: string;
  /** `disk`, `part`, `loop`, `crypt`, … */
  readonly type: string;
  readonly size: number;
  readonly model: string | null;
  readonly vendor: string | null;
  readonly serial: string | null;
  readonly tran: string | null;
  readonly rm: boolean;
  readonly hotplug: boolean;
  readonly ro: boolean;
  readonly fstype: string | null;
  readonly label: string | null;
  readonly uuid: string | null;
  readonly mountpoints: readonly (string | null)[];
  /** The disk of a partition. */
  readonly pkname: string | null;
  readonly children?: readonly BlockDevice[];
}

/** A device, and the disk that it is a part of. */
export interface FoundDevice {
  readonly device: BlockDevice;
  /** `undefined`: it is no partition. */
  readonly disk: BlockDevice | undefined;
}

const columns = 'PATH,TYPE,SIZE,MODEL,VENDOR,SERIAL,TRAN,RM,HOTPLUG,RO,FSTYPE,LABEL,UUID,MOUNTPOINTS,PKNAME';

/** @throws FerrymanError `stick.failed`, `stick.refused`, `usb.stalled`, `usb.tool` */
export async function findDevice(path: string, tools: Tools): Promise<FoundDevice> {
  const device = await withFileSystems(await ask(path, tools), tools);
  const disk = device.pkname ? await ask(`/dev/${device.pkname}`, tools) : undefined;
  return { device, disk };
}

/** Where no udev runs, lsblk knows no file systems: blkid looks for itself. */
async function withFileSystems(device: BlockDevice, tools: Tools): Promise<BlockDevice> {
  const children = await Promise.all((device.children ?? []).map((part) => withFileSystems(part, tools)));
  const found = device.fstype === null ? await fileSystemOn(device.path, tools) : undefined;
  return {
    ...device,
    ...(found ? { fstype: found.type, label: found.label, uuid: found.uuid } : {}),
    children,
  };
}

async function ask(path: string, tools: Tools): Promise<BlockDevice> {
  const said = await mustRun(tools, ['lsblk', '--json', '--bytes', '--output', columns, path]);
  const [device] = (JSON.parse(said) as { blockdevices: BlockDevice[] }).blockdevices;
  if (!device) throw new FerrymanError('stick.refused', `${path}: expected a disk, found none`);
  return device;
}

/** An image file in the place of a device. @throws FerrymanError `usb.stalled`, `usb.tool` */
export async function imageAsDevice(path: string, tools: Tools): Promise<FoundDevice> {
  const unknown = {
    model: null,
    vendor: null,
    serial: null,
    tran: null,
    fstype: null,
    label: null,
    uuid: null,
  };
  const file = { path, type: 'image file', size: statSync(path).size, rm: true, hotplug: false, ro: false };
  const device = { ...unknown, ...file, mountpoints: [], pkname: null };
  return { device: await withFileSystems(device, tools), disk: undefined };
}

/** A device and everything on it. */
export function withParts(device: BlockDevice): BlockDevice[] {
  return [device, ...(device.children ?? []).flatMap(withParts)];
}

/** Why a device must not be erased, whoever asks for it. Pure. */
export function whyNotErased({ device, disk }: FoundDevice): FerrymanError | undefined {
  const { path, type } = device;
  for (const part of withParts(device)) {
    const [mounted] = part.mountpoints.filter((where) => where !== null);
    if (mounted !== undefined)
      return new FerrymanError(
        'stick.in-use',
        `${part.path}: expected it not to be mounted, found it at ${mounted}`,
      );
    if (part !== device && part.type !== 'part')
      return new FerrymanError(
        'stick.in-use',
        `${path}: expected it not to be in use, found ${part.path} (${part.type}) on it`,
      );
  }
  if (!['disk', 'part', 'loop', 'image file'].includes(type))
    return new FerrymanError(
      'stick.refused',
      `${path}: expected a disk or a partition, found another device (${type})`,
    );
  if (device.ro)
    return new FerrymanError('stick.refused', `${path}: expected it to be writable, found it read-only`);
  if (![device, ...(disk ? [disk] : [])].some(isRemovable))
    return new FerrymanError(
      'stick.refused',
      `${path}: expected a removable disk, found ${nameOf(disk ?? device)}, which is built in`,
    );
  return undefined;
}

function isRemovable({ type, rm, hotplug, tran }: BlockDevice): boolean {
  return rm || hotplug || tran === 'usb' || type === 'loop';
}

/** `SanDisk Ultra Fit`, or its path; fit to be printed, whatever the device says. */
export function nameOf({ path, vendor, model }: BlockDevice): string {
  return printable([vendor, model].flatMap((word) => (word?.trim() ? [word.trim()] : [])).join(' ') || path);
}
