/** A stick that the kernel mounts: read-only, nothing on it runs, is a device or a link; that it is so is looked up. */
import { FerrymanError } from '../../errors.ts';
import type { FileSystem } from '../stick.ts';
import { MountNamespace, mountPoint } from './mount-namespace.ts';
import { lastPart, ListingBuilder, type FolderListing } from './names.ts';
import { entryOf, recordsOf } from './find-listing.ts';
import type { Presence } from './presence.ts';
import { readExactly } from './read-exactly.ts';
import type { Tools } from './tools.ts';

interface MountRules {
  /** Asked for on top of those for all. */
  readonly options: readonly string[];
  /** As the kernel shows them afterwards. */
  readonly effective: readonly string[];
}

/** For every type; in the kernel's list of the mount's options afterwards, word by word. */
const options = ['ro', 'nosuid', 'nodev', 'noexec', 'nosymfollow'];

/** Nothing else is given to the kernel to interpret. */
const mountable: Readonly<Record<string, MountRules>> = {
  exfat: { options: [], effective: [] },
  // noload: to replay the journal is to write. errors: the stick's own superblock may ask for a panic of the kernel.
  ext4: { options: ['noload', 'errors=continue'], effective: ['norecovery'] },
  iso9660: { options: [], effective: [] },
};

export const mountableTypes = Object.keys(mountable);

const chunkBytes = 256 * 1024;
const missing = /No such file or directory/;
const unknownType = /unknown filesystem type/;

export class MountedVolume {
  readonly fileSystem: FileSystem;
  readonly writable = false;
  readonly #tools: Tools;
  readonly #namespace: MountNamespace;

  private constructor(tools: Tools, namespace: MountNamespace, fileSystem: FileSystem) {
    this.#tools = tools;
    this.#namespace = namespace;
    this.fileSystem = fileSystem;
  }

  /** @throws FerrymanError `usb.file-system`, `usb.damaged`, `usb.mount`, `usb.mount-options`, `usb.pulled`, `usb.stalled` */
  static async open(presence: Presence, tools: Tools, fileSystem: FileSystem): Promise<MountedVolume> {
    const rules = mountable[fileSystem.type];
    if (!rules) throw unfit(fileSystem.type, `${presence.device}: it`);
    const namespace = await MountNamespace.open(tools);
    const asked = [...options, ...rules.options, ...(presence.isBlockDevice ? [] : ['loop'])].join(',');
    // -i: no helper program, which may be a FUSE file system that drops options; -n: nothing is noted outside.
    const command = ['mount', '-i', '-n', '-t', fileSystem.type, '-o', asked, presence.device, mountPoint];
    const { exitCode, said } = await namespace.run(command);
    if (unknownType.test(said))
      throw new FerrymanError(
        'usb.file-system',
        `${presence.device}: expected a file system that the kernel of this machine knows, found ${fileSystem.type}`,
      );
    if (exitCode !== 0)
      throw await presence.explain(
        tools,
        new FerrymanError('usb.damaged', `${presence.device}: expected a sound ${fileSystem.type}: ${said}`),
      );
    await checkOptions(namespace, fileSystem.type, [...options, ...rules.effective]);
    return new MountedVolume(tools, namespace, fileSystem);
  }

  async list(folder: string): Promise<FolderListing> {
    const listing = new ListingBuilder();
    const at = `${mountPoint}/${folder}`;
    const child = this.#namespace.start(['find', at, '-maxdepth', '1', '-printf', '%d %y %m %s %f\\0']);
    try {
      for await (const record of recordsOf(child.output())) {
        const { depth, ...entry } = entryOf(record);
        if (depth > 0) {
          if (!listing.add(entry)) return listing.finish();
        } else if (entry.kind !== 'a folder') listing.skip(lastPart(folder), 'not a folder');
      }
      const { exitCode, said } = await child.finish();
      if (exitCode !== 0 && !isMissing(said, at)) throw unreadable(folder, said || `exit status ${exitCode}`);
      return listing.finish();
    } finally {
      await this.#tools.release(child);
    }
  }

  async sizeOf(path: string): Promise<number> {
    const at = `${mountPoint}/${path}`;
    const { output, exitCode, said } = await this.#namespace.run([
      'find',
      at,
      '-maxdepth',
      '0',
      '-printf',
      '%d %y %m %s %f',
    ]);
    if (isMissing(said, at))
      throw new FerrymanError('usb.missing', `${path}: expected the file on the key, found none`);
    const entry = entryOf(output);
    if (exitCode !== 0 || entry.kind !== 'a file') throw unreadable(path, said || entry.kind);
    return entry.sizeBytes;
  }

  read(path: string, sizeBytes: number): AsyncGenerator<Buffer> {
    const from = `if=${mountPoint}/${path}`;
    // A stick may answer otherwise the second time: no link is followed, and opening a FIFO does not wait.
    const how = ['iflag=nofollow,nonblock', `bs=${chunkBytes}`, 'status=none'];
    const child = this.#namespace.start(['dd', from, ...how]);
    return readExactly(this.#tools, child, { subject: path, sizeBytes });
  }

  write(path: string): Promise<void> {
    const { type } = this.fileSystem;
    return Promise.reject(
      new FerrymanError('usb.write-protected', `${path}: expected a FAT key to write to, found ${type}`),
    );
  }
}

/** The kernel is asked what it did: mount may be wrapped, old, or take an option and drop it. */
async function checkOptions(
  namespace: MountNamespace,
  type: string,
  wanted: readonly string[],
): Promise<void> {
  const { output, said } = await namespace.run([
    'findmnt',
    '--json',
    '-o',
    'FSTYPE,OPTIONS',
    '--mountpoint',
    mountPoint,
  ]);
  const top = topMount(output.toString('utf8'));
  if (top?.fstype !== type)
    throw new FerrymanError(
      'usb.mount',
      `expected ${type} to be mounted, found ${top?.fstype ?? 'nothing'} ${said}`,
    );
  const found = new Set(top.options.split(','));
  const lacking = wanted.filter((option) => !found.has(option));
  if (lacking.length > 0)
    throw new FerrymanError(
      'usb.mount-options',
      `expected the key to be mounted ${wanted.join(',')}, found ${top.options}: without ${lacking.join(',')}`,
    );
}

function topMount(json: string): { fstype: string; options: string } | undefined {
  try {
    const { filesystems } = JSON.parse(json) as { filesystems?: { fstype: string; options: string }[] };
    return filesystems?.at(-1);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // findmnt found nothing, and says nothing
    throw error;
  }
}

function isMissing(said: string, at: string): boolean {
  return missing.test(said) && said.includes(at);
}

function unreadable(subject: string, found: string): FerrymanError {
  return new FerrymanError('usb.read', `${subject}: expected to read it, found ${found}`);
}

export function unfit(type: string, subject: string): FerrymanError {
  return new FerrymanError(
    'usb.file-system',
    `${subject}: expected one of vfat, ${mountableTypes.join(', ')}; found ${type}`,
  );
}
