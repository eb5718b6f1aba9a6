/**
 * A stick with something on it: an image behind a loop device, whose node in the machine's own /dev has the name of the emulated
 * partition. blkid, mount and mtools read it as they would read a stick, inside the testbed or not. Needs root.
 *
 * To run a daemon with such a stick: start it with {@link Testbed.environment} in its environment, which it must pass on to
 * udevadm, lsblk and usb-events; then plug.
 *
 *     const testbed = await Testbed.start();
 *     const daemon = spawn(node, [ferryman, 'run'], { env: { PATH, ...testbed.environment } });
 *     const stick = await plugImage(testbed, image, { name: 'sdx', serial: 'S1' });   // /dev/sdx1 is the image
 *     await stick.pull();
 */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { usualStick, type EmulatedStick, type Testbed } from './testbed.ts';

export interface PluggedImage {
  /** The node of the partition, or of the disk where there is none. */
  readonly device: string;
  /** The loop device behind it. */
  readonly loop: string;
  /** Events come, the node goes. Whoever has opened it can go on reading: to see read errors, make the image shorter first. */
  pull(): Promise<void>;
}

/** Plugs a stick that holds `image`, a file system. Test files that may run at once take different names. */
export async function plugImage(
  testbed: Testbed,
  image: string,
  stick: Partial<EmulatedStick> = {},
): Promise<PluggedImage> {
  const { name, partitioned } = { ...usualStick, ...stick };
  const device = `/dev/${name}${partitioned ? '1' : ''}`;
  if (existsSync(device)) throw new Error(`${device} is there already, of this machine or of another test`);
  const loop = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
  const letGo = () => {
    rmSync(device, { force: true });
    execFileSync('losetup', ['--detach', loop]);
  };
  try {
    execFileSync('mknod', ['--mode=600', device, 'b', '7', loop.replace('/dev/loop', '')]);
    await testbed.plug({ ...stick, sizeBytes: statSync(image).size, ownNode: true });
  } catch (error) {
    letGo();
    throw error;
  }
  const pull = async () => {
    letGo();
    await testbed.unplug(name);
  };
  return { device, loop, pull };
}

/** Whether this machine lets us: root, with loop devices. */
export function canPlugImages(): boolean {
  try {
    execFileSync('losetup', ['--find'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}
