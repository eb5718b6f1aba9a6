/** A key that is mounted, as a folder. No link is followed below it. */
import { closeSync, lstatSync, opendirSync, type Dirent, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileChunks, openRegularFile } from '../../durable/file-source.ts';
import { FerrymanError, isSystemError } from '../../errors.ts';
import { ListingBuilder, type FolderListing } from '../read/names.ts';
import type { KeyFiles } from './key-files.ts';

export class FolderFiles implements KeyFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async list(folder: string): Promise<FolderListing> {
    const listing = new ListingBuilder();
    if (!isOwnFolder(this.#root, folder)) return listing.finish();
    const open = opendirSync(join(this.#root, folder));
    try {
      for (let entry = open.readSync(); entry; entry = open.readSync())
        if (!listing.add({ name: entry.name, kind: kindOf(entry) })) break;
    } finally {
      open.closeSync();
    }
    return listing.finish();
  }

  async *read(path: string, maxBytes: number): AsyncGenerator<Buffer> {
    const file = join(this.#root, path);
    if (!isOwnFolder(this.#root, dirname(path)) || !lookAt(file))
      throw new FerrymanError('usb.missing', `${path}: expected the file on the key, found none`);
    try {
      yield* upTo(maxBytes, path, file);
    } catch (error) {
      if (!(error instanceof FerrymanError) || !error.code.startsWith('source.')) throw error;
      throw new FerrymanError('usb.read', error.message, { cause: error });
    }
  }
}

function kindOf(entry: Dirent): string {
  if (entry.isFile()) return 'a file';
  return entry.isDirectory() ? 'a folder' : 'neither a file nor a folder';
}

async function* upTo(maxBytes: number, path: string, file: string): AsyncGenerator<Buffer> {
  const fd = openRegularFile(file, 'refuse');
  try {
    let bytes = 0;
    for await (const chunk of fileChunks(fd)) {
      bytes += chunk.length;
      if (bytes > maxBytes)
        throw new FerrymanError('usb.too-large', `${path}: expected at most ${maxBytes} bytes, found more`);
      yield chunk;
    }
  } finally {
    closeSync(fd);
  }
}

/** True when every part of the way is a folder of the key itself. */
function isOwnFolder(root: string, folder: string): boolean {
  let path = root;
  return folder.split('/').every((part) => {
    path = join(path, part);
    return lookAt(path)?.isDirectory() ?? false;
  });
}

/** What is there, no link followed. */
export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isSystemError(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
