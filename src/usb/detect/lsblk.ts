/**
 * Asks lsblk which block devices there are. Its answer is the truth about what is plugged in; events are only hints.
 *
 * Names and serial numbers come from the stick and are never trusted: rows that do not look like lsblk's are left out.
 */
import { askProgram, type Answer } from './ask-program.ts';

/** One block device: a row of lsblk, lsblk(8). */
export interface BlockDevice {
  readonly path: string;
  /** The kernel's name, as below /sys/class/block. */
  readonly name: string;
  /** The kernel's name of the device that this one is a part of. */
  readonly parent: string | undefined;
  readonly majorMinor: string;
  readonly type: string;
  readonly isUsb: boolean;
  readonly serial: string | undefined;
  /** `undefined` also while udev has not looked yet, and on machines without udev. */
  readonly fileSystem: string | undefined;
  readonly mountPoint: string | undefined;
  readonly sizeBytes: number;
}

/** What Debian 11's lsblk knows already, too. */
const columns = 'PATH,KNAME,PKNAME,MAJ:MIN,TYPE,TRAN,RM,HOTPLUG,SUBSYSTEMS,SERIAL,FSTYPE,MOUNTPOINT,SIZE';

export const lsblkArguments = ['--json', '--bytes', '--output', columns];

/** A machine with a thousand disks needs less. */
const maxBytes = 2 * 1024 * 1024;

export interface LsblkSettings {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Starts lsblk once; never throws. */
export function askLsblk({ program, environment, timeoutMs }: LsblkSettings): Answer {
  return askProgram([program, ...lsblkArguments], { environment, timeoutMs, maxBytes });
}

/** Reads lsblk's JSON; `undefined` when it is none. Each device once, however often it is named. */
export function readLsblk(json: string): BlockDevice[] | undefined {
  const listed = property(parsed(json), 'blockdevices');
  if (!Array.isArray(listed)) return undefined;
  const devices = rowsOf(listed).map(toDevice);
  return [...new Map(devices.flatMap((device) => (device ? [[device.name, device] as const] : []))).values()];
}

/** Some versions put parts inside what they are part of. */
function rowsOf(listed: readonly unknown[]): unknown[] {
  return listed.flatMap((row) => {
    const children = property(row, 'children');
    return [row, ...(Array.isArray(children) ? rowsOf(children) : [])];
  });
}

function toDevice(row: unknown): BlockDevice | undefined {
  const text = (column: string) => {
    const value = property(row, column);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [path, name, majorMinor, type] = [text('path'), text('kname'), text('maj:min'), text('type')];
  // The name becomes part of a path below /sys.
  if (!path?.startsWith('/') || !majorMinor || !type || !/^[A-Za-z0-9][A-Za-z0-9_.!-]*$/.test(name ?? ''))
    return undefined;
  const isTrue = (column: string) => ['true', '1'].includes(String(property(row, column)));
  return {
    path,
    name: name ?? '',
    parent: text('pkname'),
    majorMinor,
    type,
    isUsb:
      text('tran') === 'usb' ||
      (text('subsystems') ?? '').split(':').includes('usb') ||
      (isTrue('hotplug') && isTrue('rm')),
    serial: text('serial')?.trim(),
    fileSystem: text('fstype'),
    mountPoint: text('mountpoint'),
    sizeBytes: Number(property(row, 'size') ?? 0) || 0, // a number or, by older versions, its digits
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
