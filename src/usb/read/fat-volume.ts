/**
 * A FAT stick, read and written by mtools: nothing is mounted, the kernel never interprets the stick.
 *
 * What mdir prints are hints. A name in it may be forged, and costs one file that is not found. mcopy itself ends with
 * success where the stick ends too early, so the size in the folder decides whether a file came whole.
 */
import { FerrymanError } from '../../errors.ts';
import type { FileSystem } from '../stick.ts';
import { entriesOf, linesOf } from './fat-listing.ts';
import { lastPart, ListingBuilder, type Entry, type FolderListing } from './names.ts';
import type { Presence } from './presence.ts';
import type { Ended } from './child.ts';
import { readExactly } from './read-exactly.ts';
import type { Tools } from './tools.ts';

const notFound = /not found|no match for target/;
/** Of loop devices, say, which have none; nothing depends on it. */
const noGeometry = /Could not get geometry of device \([^)]*\)(; |$)/g;
const isFull = /No space left|No free cluster|Disk full|No directory slots|Short write/i;
const isProtected = /Read-only|Operation not permitted|write.protected/i;
/**
 * What is being written, in its folder. mren keeps the case bits of the short name that it renames, so this one has all of them:
 * from a long name, `report.txt` would become `REPORT.TXT`.
 */
const unfinished = 'writing.tmp';
/** Instead of asking on a terminal. */
const replacing = ['-D', 'o'];

export class FatVolume {
  readonly fileSystem: FileSystem;
  readonly writable: boolean;
  readonly #presence: Presence;
  readonly #tools: Tools;

  constructor(presence: Presence, tools: Tools, facts: { fileSystem: FileSystem; writable: boolean }) {
    this.#presence = presence;
    this.#tools = tools;
    this.fileSystem = facts.fileSystem;
    this.writable = facts.writable;
  }

  async list(folder: string): Promise<FolderListing> {
    const listing = new ListingBuilder();
    const told = await this.#look(folder, (entry) => listing.add(entry));
    // A folder whose clusters go in a circle, say: mdir complains, ends with success, and tells a part.
    if (told) listing.skip('…', told);
    return listing.finish();
  }

  async sizeOf(path: string): Promise<number> {
    const size = await this.#sizeAt(path);
    if (size === undefined)
      throw new FerrymanError('usb.missing', `${path}: expected the file on the key, found none`);
    return size;
  }

  read(path: string, sizeBytes: number): AsyncGenerator<Buffer> {
    const child = this.#tools.start(this.#command('mcopy', [`::/${path}`, '-']));
    return readExactly(this.#tools, child, { subject: path, sizeBytes });
  }

  /** Under its final name only when whole: a temporary name, its size checked, renamed, flushed. */
  async write(path: string, bytes: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    if (!this.writable)
      throw new FerrymanError(
        'usb.write-protected',
        `${path}: expected a device to write to, found it read-only`,
      );
    const part = path.slice(0, -lastPart(path).length) + unfinished;
    const complaints = await this.#makeFolders(path);
    try {
      await this.#copyIn(part, bytes);
      await this.#need(path, this.#command('mren', [`::/${part}`, lastPart(path)], replacing));
    } catch (error) {
      // Best effort, and on a key that is gone none at all: the next write begins by replacing it.
      if (error instanceof FerrymanError && error.code.startsWith('usb.write'))
        await this.#tools.run(this.#command('mdel', [`::/${part}`])).catch(() => undefined);
      throw withComplaints(error, complaints);
    }
    await this.#need(path, ['sync', this.#presence.device]);
  }

  async #copyIn(path: string, bytes: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    const child = this.#tools.start(this.#command('mcopy', ['-', `::/${path}`], replacing), 'pipe');
    let sent = 0;
    try {
      for await (const chunk of bytes) {
        await child.feed(chunk);
        sent += chunk.length;
      }
      child.endInput();
      const ended = await child.finish();
      // mcopy ends with success when the stick is full.
      const isWhole = ended.exitCode === 0 && (await this.#sizeAt(path)) === sent;
      if (!isWhole) await this.#refuseWrite(path, ended);
    } finally {
      await this.#tools.release(child);
    }
  }

  /**
   * Folders that are there already make mmd fail; whether they are is seen when the file is written.
   *
   * @returns what mmd says against it
   */
  async #makeFolders(path: string): Promise<string> {
    const parts = path.split('/').slice(0, -1);
    const folders = parts.map((_, index) => `::/${parts.slice(0, index + 1).join('/')}`);
    const complaints: string[] = [];
    for (const folder of folders) {
      const { exitCode, said } = await this.#tools.run(this.#command('mmd', [folder], ['-D', 's']));
      if (exitCode !== 0 && said !== '') complaints.push(`${folder.slice('::/'.length)}: ${said}`);
    }
    return complaints.join('; ');
  }

  async #need(path: string, command: readonly string[]): Promise<void> {
    const ended = await this.#tools.run(command);
    if (ended.exitCode !== 0) await this.#refuseWrite(path, ended);
  }

  async #refuseWrite(path: string, { said }: Ended): Promise<never> {
    const code = isFull.test(said)
      ? 'usb.write-full'
      : isProtected.test(said)
        ? 'usb.write-protected'
        : 'usb.write';
    const error = new FerrymanError(
      code,
      `${path}: expected to be written to the key: ${said || 'it was not'}`,
    );
    throw await this.#presence.explain(this.#tools, error);
  }

  async #sizeAt(path: string): Promise<number | undefined> {
    let size: number | undefined;
    const wanted = lastPart(path).toLowerCase();
    await this.#look(path, (entry) => {
      if (entry.name.toLowerCase() === wanted && entry.kind === 'a file') size ??= entry.sizeBytes;
      return true;
    });
    return size;
  }

  /** Takes what mdir tells of a path, until `take` has enough; returns its complaints, `undefined`: there is no such path. */
  async #look(path: string, take: (entry: Entry) => boolean): Promise<string | undefined> {
    const child = this.#tools.start(this.#command('mdir', [`::/${path}`], ['-a']));
    try {
      for await (const line of linesOf(child.output()))
        for (const entry of entriesOf(line)) if (!take(entry)) return '';
      const { exitCode, said } = await child.finish();
      if (exitCode === 0) return said.replaceAll(noGeometry, '');
      if (notFound.test(said) && !said.includes('Input/output error')) {
        this.#presence.check();
        return undefined;
      }
      throw new FerrymanError(
        'usb.read',
        `${path}: expected to list it on the key: ${said || 'mdir failed'}`,
      );
    } finally {
      await this.#tools.release(child);
    }
  }

  #command(tool: string, names: readonly string[], options: readonly string[] = []): string[] {
    return [tool, '-i', this.#presence.device, ...options, ...names];
  }
}

/** On a full key mcopy only says that it does not find the folder; why there is none, mmd has said before. */
function withComplaints(error: unknown, complaints: string): unknown {
  if (!(error instanceof FerrymanError) || error.code !== 'usb.write' || !isFull.test(complaints))
    return error;
  return new FerrymanError('usb.write-full', `${error.message}; ${complaints}`, { cause: error });
}
