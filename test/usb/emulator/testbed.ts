/**
 * A machine without USB plays one: umockdev's testbed (testbed.py), into which sticks are plugged. Any program whose environment
 * has {@link Testbed.environment} sees them: usb-detection, udevadm and lsblk, also through a daemon that passes it on.
 *
 * Its nodes in /dev cannot be read; plug-image.ts puts an image behind one. Node's own stat goes around libc, so it sees the
 * machine's /sys and /dev: node:fs reads files there, and stats none.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** As /dev/sdz and /dev/sdz1. */
export interface EmulatedStick {
  /** Of the disk; sticks that are plugged at once differ in it. */
  readonly name: 'sdw' | 'sdx' | 'sdy' | 'sdz';
  readonly serial: string;
  /** False: the file system is on the whole disk. */
  readonly partitioned: boolean;
  /** As udev would have named it; `undefined`: it does not know. */
  readonly fileSystem: string | undefined;
  readonly uuid: string | undefined;
  readonly sizeBytes: number;
  /** What opens its node finds the one in the machine's own /dev, which somebody has made: plug-image.ts. */
  readonly ownNode: boolean;
}

export const usualStick: EmulatedStick = {
  name: 'sdz',
  serial: '4C530001',
  partitioned: true,
  fileSystem: 'vfat',
  uuid: '1111-2222',
  sizeBytes: 32 * 1024 * 1024,
  ownNode: false,
};

/** Port and minor number of a device, which follow from its name. */
const places = { sdw: 2, sdx: 3, sdy: 4, sdz: 5 } as const;

const preloaded = 'libumockdev-preload.so.0';

export class Testbed {
  /** Stands for /, as far as /sys and /dev go. */
  readonly root: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  #plugged = 0;

  private constructor(
    root: string,
    process: ChildProcessByStdio<Writable, Readable, null>,
    answers: AsyncIterator<string>,
  ) {
    this.root = root;
    this.#process = process;
    this.#answers = answers;
  }

  static async start(): Promise<Testbed> {
    const process = spawn('/usr/bin/python3', [join(import.meta.dirname, 'testbed.py')], {
      env: { PATH: '/usr/bin:/bin', LD_PRELOAD: preloaded },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const answers = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    const { root } = await nextAnswer(answers);
    if (root === undefined) throw new Error('the testbed did not start: see its message above');
    return new Testbed(root, process, answers);
  }

  /** What a program's environment needs, besides PATH, to be inside. */
  get environment(): Readonly<Record<'LD_PRELOAD' | 'UMOCKDEV_DIR' | 'SYSTEMD_IGNORE_CHROOT', string>> {
    // In a chroot udevadm would end at once: it takes it for one without a udevd of its own.
    return { LD_PRELOAD: preloaded, UMOCKDEV_DIR: this.root, SYSTEMD_IGNORE_CHROOT: '1' };
  }

  get sysFolder(): string {
    return join(this.root, 'sys');
  }

  /** The whole stick at once: all events come, all devices are there. Each time the disk has another sequence number. */
  plug(stick: Partial<EmulatedStick> = {}): Promise<void> {
    return this.#order('plug', stick);
  }

  /** Only the USB device and its event, as in the first second of a real stick. {@link plugDisk} is the rest. */
  plugUsb(stick: Partial<EmulatedStick> = {}): Promise<void> {
    return this.#order('plug-usb', stick);
  }

  plugDisk(stick: Partial<EmulatedStick> = {}): Promise<void> {
    return this.#order('plug-disk', stick);
  }

  /** @param silently without events, as if they were lost */
  async unplug(name: EmulatedStick['name'] = 'sdz', silently = false): Promise<void> {
    await this.#say({ do: 'unplug', name, silently });
  }

  /** Ends the testbed, whose folder goes with it; programs that are still inside see an empty machine. */
  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.stdin.end();
    await gone;
  }

  #order(act: string, stick: Partial<EmulatedStick>): Promise<void> {
    const whole = { ...usualStick, ...stick };
    if (act !== 'plug-disk') this.#plugged += 1;
    const port = places[whole.name];
    return this.#say({ do: act, ...whole, port, minor: port * 16, diskseq: this.#plugged });
  }

  async #say(order: object): Promise<void> {
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
    const { error } = await nextAnswer(this.#answers);
    if (error !== undefined) throw new Error(`testbed: ${error}`);
  }
}

interface TestbedAnswer {
  readonly root?: string;
  readonly error?: string;
}

async function nextAnswer(answers: AsyncIterator<string>): Promise<TestbedAnswer> {
  const { value, done } = await answers.next();
  return done ? { error: 'it has ended' } : (JSON.parse(value) as TestbedAnswer);
}
