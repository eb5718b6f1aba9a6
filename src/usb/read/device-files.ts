/**
 * The files of one device or image file, for somebody who trusts nothing on it: only folders and regular files with plain names,
 * so many bytes and no more. What of them counts is for a node or the office to say.
 */
import { FerrymanError } from '../../errors.ts';
import type { FileSystem } from '../stick.ts';
import { FatVolume } from './fat-volume.ts';
import { MountedVolume, mountableTypes, unfit } from './mounted-volume.ts';
import { plainPath, type FolderListing } from './names.ts';
import { Presence } from './presence.ts';
import { probe } from './probe.ts';
import type { Tools } from './tools.ts';

/** What a key that was pulled may have caused. */
const explainable: readonly string[] = ['usb.read', 'usb.missing', 'usb.stalled'];

/**
 * Opens the file system on a device, or in an image file. It is closed with its tools, also when this fails.
 *
 * @throws FerrymanError `usb.no-file-system`, `usb.file-system`, `usb.damaged`, `usb.mount`, `usb.mount-options`,
 *   `usb.pulled`, `usb.stalled`, `usb.tool`; the reason of the aborted signal
 */
export async function openDevice(device: string, tools: Tools): Promise<DeviceFiles> {
  tools.checkOpen();
  const presence = new Presence(device);
  return new DeviceFiles(await openContents(presence, tools), presence, tools);
}

async function openContents(presence: Presence, tools: Tools): Promise<FatVolume | MountedVolume> {
  const fileSystem = await probe(presence.device, tools);
  if (fileSystem instanceof FerrymanError) throw await presence.explain(tools, fileSystem);
  if (mountableTypes.includes(fileSystem.type)) return MountedVolume.open(presence, tools, fileSystem);
  if (fileSystem.type !== 'vfat') throw unfit(fileSystem.type, `${presence.device}: it`);
  return new FatVolume(presence, tools, { fileSystem, writable: await isWritable(presence, tools) });
}

async function isWritable({ device, isBlockDevice }: Presence, tools: Tools): Promise<boolean> {
  if (!isBlockDevice) return true;
  const { output } = await tools.run(['blockdev', '--getro', device]);
  return output.toString().trim() === '0';
}

/** Ceilings and the question whether the key is still there, the same for both kinds. Paths are from the root of the key. */
export class DeviceFiles {
  readonly #contents: FatVolume | MountedVolume;
  readonly #presence: Presence;
  readonly #tools: Tools;

  constructor(contents: FatVolume | MountedVolume, presence: Presence, tools: Tools) {
    this.#contents = contents;
    this.#presence = presence;
    this.#tools = tools;
  }

  get fileSystem(): FileSystem {
    return this.#contents.fileSystem;
  }

  /** FAT only, and only where the device lets itself be written. */
  get writable(): boolean {
    return this.#contents.writable;
  }

  /**
   * One that is not there is empty. Sizes are what the folder tells.
   *
   * @throws FerrymanError `usb.read`, `usb.stalled`, `usb.pulled`; the reason of the aborted signal
   */
  list(folder: string): Promise<FolderListing> {
    return this.#guard(() => this.#contents.list(plainPath(folder, 'usb.missing')));
  }

  /**
   * Whoever stops asking ends the reading.
   *
   * @throws as {@link list}; FerrymanError `usb.missing`, `usb.too-large` before the first byte
   */
  async *read(path: string, maxBytes: number): AsyncGenerator<Buffer> {
    try {
      const sizeBytes = await this.#guard(() => this.#contents.sizeOf(plainPath(path, 'usb.missing')));
      if (sizeBytes > maxBytes)
        throw new FerrymanError(
          'usb.too-large',
          `${path}: expected at most ${maxBytes} bytes, found ${sizeBytes}`,
        );
      yield* this.#contents.read(path, sizeBytes);
      this.#presence.check();
    } catch (error) {
      throw await this.#explain(error);
    }
  }

  /**
   * Writes a file whole or not at all, in place of one of that name, makes its folders, and flushes the device.
   *
   * @throws as {@link list}; FerrymanError `usb.write-full`, `usb.write-protected`, `usb.write`
   */
  write(path: string, bytes: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    return this.#guard(() => this.#contents.write(plainPath(path, 'usb.write'), bytes));
  }

  /** Before and after: a key that was exchanged meanwhile must not answer for this one. */
  async #guard<Result>(step: () => Promise<Result>): Promise<Result> {
    try {
      this.#presence.check();
      const result = await step();
      this.#presence.check();
      return result;
    } catch (error) {
      throw await this.#explain(error);
    }
  }

  async #explain(error: unknown): Promise<unknown> {
    if (!(error instanceof FerrymanError) || !explainable.includes(error.code)) return error;
    return this.#presence.explain(this.#tools, error);
  }
}
