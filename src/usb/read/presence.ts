/** Whether the device that was opened is still there: tells a key that was pulled from one that is damaged. */
import { statSync, type BigIntStats } from 'node:fs';
import { FerrymanError } from '../../errors.ts';
import type { Tools } from './tools.ts';

/** Large enough for every sector size, as reads past the cache need. */
const firstBytes = 4096;

export class Presence {
  readonly device: string;
  /** Else an image file. */
  readonly isBlockDevice: boolean;
  readonly #opened: BigIntStats;

  /** Asks the folder of the device only, never the device itself. @throws FerrymanError `usb.pulled`, `usb.no-file-system` */
  constructor(device: string) {
    this.device = device;
    const stat = look(device);
    if (!stat) throw pulled(device);
    if (!stat.isBlockDevice() && !stat.isFile())
      throw new FerrymanError(
        'usb.no-file-system',
        `${device}: expected a block device or an image file, found something else`,
      );
    this.#opened = stat;
    this.isBlockDevice = stat.isBlockDevice();
  }

  /** Quick; a key that was plugged in again has another inode. @throws FerrymanError `usb.pulled` */
  check(): void {
    const now = look(this.device);
    const { dev, ino, rdev, size } = this.#opened;
    if (now?.dev !== dev || now.ino !== ino || now.rdev !== rdev || now.size < size)
      throw pulled(this.device);
  }

  /**
   * What a failure was: reads the very beginning again, past all caches.
   *
   * @returns `usb.pulled`, or the given error when the device still answers
   */
  async explain(tools: Tools, error: FerrymanError): Promise<FerrymanError> {
    try {
      this.check();
      // A device that does not answer is not asked again: that would take as long once more.
      if (!this.isBlockDevice || error.code === 'usb.stalled') return error;
      const reading = [
        'dd',
        `if=${this.device}`,
        `bs=${firstBytes}`,
        'count=1',
        'iflag=direct',
        'status=none',
      ];
      const { exitCode } = await tools.run(reading);
      return exitCode === 0 ? error : pulled(this.device, error);
    } catch (cause) {
      if (!(cause instanceof FerrymanError)) throw cause;
      return cause.code === 'usb.stalled' ? pulled(this.device, error) : cause;
    }
  }
}

function look(device: string): BigIntStats | undefined {
  return statSync(device, { bigint: true, throwIfNoEntry: false });
}

function pulled(device: string, cause?: FerrymanError): FerrymanError {
  return new FerrymanError('usb.pulled', `${device}: expected the key to stay in, it is gone`, { cause });
}
