/**
 * The programs that tell when something is plugged in or pulled, and how their lines are read.
 *
 * Both end with the daemon, also when it is killed: usb-events by the end of its standard input, udevadm, which reads
 * nothing, by the signal that the kernel sends when its parent dies.
 */
import type { UsbEvent } from './usb-events/event.ts';

export type BackEndName = 'usb-detection' | 'udevadm';

/** What a line of a back end means; `unavailable`: it never works on this machine. */
export type Heard = 'ready' | 'changed' | { readonly unavailable: string } | undefined;

export interface BackEnd {
  readonly name: BackEndName;
  /** Program and arguments. */
  readonly command: readonly string[];
  read(line: string): Heard;
  /** Why it never works on this machine, told by its exit status; `undefined`: try again. */
  unavailable(exitStatus: number | null): string | undefined;
}

export interface BackEndPrograms {
  /** Node and the bundled program around usb-detection; `undefined` where it is not carried along. */
  readonly usbEvents: readonly string[] | undefined;
  readonly udevadm: string;
  readonly setpriv: string;
}

/** @param seesVirtual whether loop devices and the like count: they stand in slots only */
export function backEnd(name: BackEndName, programs: BackEndPrograms, seesVirtual: boolean): BackEnd {
  return name === 'udevadm' ? udevadm(programs, seesVirtual) : usbDetection(programs);
}

function usbDetection({ usbEvents }: BackEndPrograms): BackEnd {
  return {
    name: 'usb-detection',
    command: usbEvents ?? [],
    read: readUsbEvent,
    unavailable: () => (usbEvents ? undefined : 'this ferryman comes without it'),
  };
}

function readUsbEvent(line: string): Heard {
  const said = usbEvent(line);
  if (!said) return undefined;
  if (said.event === 'unavailable') return { unavailable: said.why };
  return said.event === 'ready' ? 'ready' : 'changed';
}

/** Only our own program writes there, but libraries in it may print, too. */
function usbEvent(line: string): UsbEvent | undefined {
  try {
    return JSON.parse(line) as UsbEvent;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const endedWithParent = ['--pdeathsig', 'KILL', '--'];
const monitorOfBlockDevices = ['monitor', '--udev', '--subsystem-match=block'];

function udevadm({ udevadm: program, setpriv }: BackEndPrograms, seesVirtual: boolean): BackEnd {
  return {
    name: 'udevadm',
    command: [setpriv, ...endedWithParent, program, ...monitorOfBlockDevices],
    read: (line) => readUdevadm(line, seesVirtual),
    // As a shell does, setpriv tells by these that there is no such program, or none that can be run.
    unavailable: (status) => (status === 127 || status === 126 ? `${program} cannot be started` : undefined),
  };
}

/** `UDEV  [23234.212697] remove   /devices/pci0000:00/… (block)`; a heading before the first. */
function readUdevadm(line: string, seesVirtual: boolean): Heard {
  if (line.startsWith('UDEV - ')) return 'ready';
  const path = /^UDEV\s+\[[\d.]+\]\s+[a-z]+\s+(\/\S+)/.exec(line)?.[1];
  return path !== undefined && (seesVirtual || !path.startsWith('/devices/virtual/')) ? 'changed' : undefined;
}
