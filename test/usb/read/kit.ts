/** A stick that is opened in a test, and the proof that nothing of it is left: no process, mount, loop device, descriptor. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openVolume, type KeyVolume, type VolumeSettings } from '../../../src/usb/read/volume.ts';

export const isRoot = process.getuid?.() === 0;
/** Whether this process may mount an image: root, and a kernel with loop devices. */
export const canMountImages = isRoot && spawnSync('losetup', ['-f']).status === 0;
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const open: KeyVolume[] = [];

export async function openKey(device: string, settings: Partial<VolumeSettings> = {}): Promise<KeyVolume> {
  const volume = await openVolume(device, {
    signal: new AbortController().signal,
    path: systemPath,
    ...settings,
  });
  open.push(volume);
  return volume;
}

/** Call in `afterEach`. */
export async function closeKeys(): Promise<void> {
  for (const volume of open.splice(0)) await volume.close();
}

/** What came before the end or the error. */
export async function collect(chunks: AsyncIterable<Buffer>): Promise<{ bytes: Buffer; error: unknown }> {
  const got: Buffer[] = [];
  try {
    for await (const chunk of chunks) got.push(Buffer.from(chunk));
    return { bytes: Buffer.concat(got), error: undefined };
  } catch (error) {
    return { bytes: Buffer.concat(got), error };
  }
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** Programs that stand before the system's own: name to the text of a shell script. Returns the PATH. */
export function fakes(folder: string, scripts: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return `${folder}:${systemPath}`;
}

/** Processes with this one above them, by what they run. */
export function children(parent = process.pid): { pid: number; name: string }[] {
  const found = readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      return Number(ppid) === parent && state !== 'Z' ? [{ pid: Number(pid), name }] : [];
    } catch {
      return []; // it has just ended
    }
  });
  return found;
}

/** Call in `afterEach`: closes what is open, and throws when that leaves a process, mount or loop device. */
export async function closeAndLookAround(...devices: string[]): Promise<void> {
  await closeKeys();
  const left = [...children().map(({ name }) => name), ...devices.flatMap(leftOf)];
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
}

/** The child of that name, as soon as there is one. */
export async function childNamed(name: string, parent = process.pid): Promise<number> {
  for (let turn = 0; turn < 500; turn++) {
    const child = children(parent).find((each) => each.name === name);
    if (child) return child.pid;
    await sleep(10);
  }
  throw new Error(`no child ${name}`);
}

/**
 * What of a device or image stays in use, anywhere on this machine; empty when nothing does. A loop device may outlive its
 * mount for an instant: whoever lists the machine's devices just then has it open.
 */
export function leftOf(device: string): string[] {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let turn = 0; turn < 100 && usesOf(device).length > 0; turn++) Atomics.wait(pause, 0, 0, 20);
  return usesOf(device);
}

/** Mounts of a device or image in any namespace, and the loop devices of an image. */
export function usesOf(device: string): string[] {
  const loops = execFileSync(
    'losetup',
    ['-n', '-O', 'NAME', ...(device.startsWith('/dev/') ? [device] : ['-j', device])],
    {
      encoding: 'utf8',
    },
  );
  const names = [device, ...loops.split('\n').filter(Boolean)];
  const mounts = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => mountsOf(pid).filter((line) => names.some((name) => line.includes(` ${name} `))));
  const isImage = !device.startsWith('/dev/');
  return [...new Set(mounts), ...(isImage ? names.slice(1) : [])];
}

function mountsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
  } catch {
    return []; // it has just ended
  }
}

/** Open descriptors of this process, by what they are; sockets and pipes without their numbers. */
export function descriptors(): string[] {
  return readdirSync('/proc/self/fd')
    .flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`).replace(/\[\d+\]/, '')];
      } catch {
        return []; // that of the listing itself
      }
    })
    .filter((name) => !name.startsWith('/proc/'))
    .toSorted();
}
