/** What a node takes from a key, and writes to it: parcels directly under `ferryman/`, and its own reports. */
import { FerrymanError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';
import type { FileSystem } from '../stick.ts';
import { openDevice, type DeviceFiles } from './device-files.ts';
import { isParcelName, strangeName, type KeyFolder, type Listing } from './names.ts';
import { Tools, type ToolSettings } from './tools.ts';

export interface VolumeSettings extends ToolSettings {
  /** All that is read from the key until it is closed. */
  readonly maxTotalBytes?: number;
}

const defaultMaxTotalBytes = 8 * 1024 ** 3;
/** Parts of a path that is written, below `ferryman/`. */
const maxDepth = 5;

/**
 * Opens the file system on a device, or in an image file; nothing is left behind when that fails.
 *
 * @throws as {@link openDevice}
 */
export async function openVolume(device: string, settings: VolumeSettings): Promise<KeyVolume> {
  const tools = new Tools(settings);
  try {
    const files = await openDevice(device, tools);
    return new KeyVolume(files, tools, settings.maxTotalBytes ?? defaultMaxTotalBytes);
  } catch (error) {
    await tools.close();
    throw error;
  }
}

export class KeyVolume {
  readonly #files: DeviceFiles;
  readonly #tools: Tools;
  #bytesLeft: number;

  constructor(files: DeviceFiles, tools: Tools, maxTotalBytes: number) {
    this.#files = files;
    this.#tools = tools;
    this.#bytesLeft = maxTotalBytes;
  }

  get fileSystem(): FileSystem {
    return this.#files.fileSystem;
  }

  get writable(): boolean {
    return this.#files.writable;
  }

  /** The parcels of a folder, by name; both lists are empty where there is no such folder. @throws as {@link DeviceFiles.list} */
  async list(folder: KeyFolder): Promise<Listing> {
    const { files, folders, skipped } = await this.#files.list(`ferryman/${folder}`);
    const strangers = files.filter(({ name }) => !isParcelName(name));
    return {
      files: files.filter(({ name }) => isParcelName(name)),
      skipped: [
        ...skipped,
        ...folders.map((name) => ({ name, reason: 'a folder' })),
        ...strangers.map(({ name }) => ({ name, reason: strangeName })),
      ],
    };
  }

  /** The bytes of `pass.zip` or `updates/NAME.zip`. Whoever stops asking ends the reading. @throws as {@link DeviceFiles.read} */
  async *read(path: string, maxBytes: number): AsyncGenerator<Buffer> {
    const parts = path.split('/');
    if (parts.length > 2 || !isParcelName(parts.at(-1) ?? ''))
      throw new FerrymanError('usb.missing', `${printable(path)}: expected the name of a parcel on the key`);
    const limit = Math.min(maxBytes, this.#bytesLeft);
    for await (const chunk of this.#files.read(`ferryman/${path}`, limit)) {
      this.#bytesLeft -= chunk.length;
      yield chunk;
    }
  }

  /** The bytes of files in the folders of a folder under `reports/`, by their paths from `reports/` on. @throws as {@link DeviceFiles.list} */
  async sizesBelow(folder: string): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for (const name of (await this.#files.list(`ferryman/${folder}`)).folders) {
      const { files } = await this.#files.list(`ferryman/${folder}/${name}`);
      for (const file of files)
        if (file.sizeBytes !== undefined) sizes.set(`${folder}/${name}/${file.name}`, file.sizeBytes);
    }
    return sizes;
  }

  /** Writes a file under `reports/`. @throws as {@link DeviceFiles.write} */
  async write(path: string, bytes: Buffer | AsyncIterable<Buffer>): Promise<void> {
    const parts = path.split('/');
    if (parts[0] !== 'reports' || parts.length < 2 || parts.length > maxDepth)
      throw new FerrymanError('usb.write', `${printable(path)}: expected a name under reports/`);
    await this.#files.write(`ferryman/${path}`, Buffer.isBuffer(bytes) ? [bytes] : bytes);
  }

  /** Ends all that is at work, and the mount. Takes a few seconds at most, whatever the device does. May be called again. */
  close(): Promise<void> {
    return this.#tools.close();
  }
}
