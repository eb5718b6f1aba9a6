/** Collects small files into batches and writes them, with the help of another core when they are many. */
import type { FileSink } from '../parcel/archive.ts';
import type { WriteNew } from './new-file.ts';
import { SideWriter, type SmallFile } from './side-writer.ts';

/** Files up to this size are collected. */
const smallBytes = 64 * 1024;
/** Bytes of a batch: some hundred small files, so that handing over costs little. */
const roomBytes = 256 * 1024;
/** One is filled while another is written and a third waits for it. */
const roomCount = 3;
/** Small files from which on starting a helper takes less time than it saves. */
const manyFiles = 1000;

export interface NewFile {
  /** Its folder is there. */
  readonly path: string;
  readonly mode: number;
  readonly size: number;
}

export function isSmall({ size }: { readonly size: number }): boolean {
  return size <= smallBytes;
}

/** Call {@link stop} in any case. */
export class SmallFiles {
  readonly #writeNew: WriteNew;
  readonly #rooms: readonly Uint8Array[];
  readonly #side: SideWriter | undefined;
  #room = 0;
  #files: SmallFile[] = [];
  #filled = 0;

  /** @param count small files that will come */
  constructor(writeNew: WriteNew, count: number) {
    this.#writeNew = writeNew;
    const isHelped = count >= manyFiles;
    this.#rooms = Array.from(
      { length: isHelped ? roomCount : 1 },
      () => new Uint8Array(new SharedArrayBuffer(roomBytes)),
    );
    this.#side = isHelped ? new SideWriter(this.#rooms) : undefined;
  }

  open({ path, mode, size }: NewFile): FileSink {
    if (this.#filled + size > roomBytes) this.#passOn();
    const begin = this.#filled;
    return {
      write: (piece) => {
        this.#current.set(piece, this.#filled);
        this.#filled += piece.length;
      },
      close: () => void this.#files.push({ path, mode, begin, end: this.#filled }),
    };
  }

  /** Writes what is left and waits for the rest. */
  async finish(): Promise<void> {
    this.#writeHere();
    await this.#side?.finish();
  }

  /** Leaves nothing running. */
  async stop(): Promise<void> {
    await this.#side?.stop();
  }

  get #current(): Uint8Array {
    return this.#rooms[this.#room] as Uint8Array;
  }

  /** To the helper when it can take it; whoever has no room to go on with writes itself. */
  #passOn(): void {
    const next = this.#side?.isReady ? this.#side.freeRoom(this.#room) : undefined;
    if (next === undefined) return this.#writeHere();
    this.#side?.write({ room: this.#room, files: this.#files });
    this.#room = next;
    this.#empty();
  }

  #writeHere(): void {
    for (const { path, mode, begin, end } of this.#files)
      this.#writeNew(path, mode, this.#current.subarray(begin, end));
    this.#empty();
  }

  #empty(): void {
    this.#files = [];
    this.#filled = 0;
  }
}
