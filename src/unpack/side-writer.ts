/**
 * Writes small files on another core. For a file of two kilobytes, creating it takes longer than all else that is done with it.
 *
 * A worker has its own loop and is told of batches by messages; what it has done stands in shared memory, because whoever
 * hands batches over does not turn its own loop meanwhile.
 */
import type * as workerThreads from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import { newFilesBy } from './new-file.ts';

/** A small file whose contents stand in the batch's room. */
export interface SmallFile {
  readonly path: string;
  readonly mode: number;
  /** From here in the room … */
  readonly begin: number;
  /** … to before here. */
  readonly end: number;
}

/** What the worker is given when it starts. */
interface Shared {
  /** 1 for every room that the worker has to write, otherwise 0; the last item is 1 when the worker is there. */
  readonly busy: Int32Array;
  readonly rooms: readonly Uint8Array[];
}

interface Batch {
  readonly room: number;
  readonly files: readonly SmallFile[];
}

/** Runs in the worker; uses nothing but its arguments. */
function serve(load: NodeJS.Require, newFiles: typeof newFilesBy): void {
  const { writeNew } = newFiles(load('node:fs'));
  const { parentPort, workerData } = load('node:worker_threads') as typeof workerThreads;
  const { busy, rooms } = workerData as Shared;
  Atomics.store(busy, rooms.length, 1);
  parentPort?.on('message', (batch: Batch | undefined) => {
    if (!batch) return parentPort.close();
    try {
      for (const { path, mode, begin, end } of batch.files)
        writeNew(path, mode, (rooms[batch.room] as Uint8Array).subarray(begin, end));
      Atomics.store(busy, batch.room, 0);
    } catch (error) {
      // The room stays busy, so no more is handed over.
      const { message, code, syscall } = error as NodeJS.ErrnoException;
      parentPort.postMessage({ message, code, syscall });
      parentPort.close();
    }
  });
}

/** Call {@link stop} in any case. */
export class SideWriter {
  readonly #shared: Shared;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;

  constructor(rooms: readonly Uint8Array[]) {
    const busy = new Int32Array(new SharedArrayBuffer(4 * (rooms.length + 1)));
    this.#shared = { busy, rooms };
    // As text it is there in the bundle, in the single executable, and when an update has replaced ferryman's files.
    this.#worker = new Worker(`(${serve.toString()})(require, ${newFilesBy.toString()})`, {
      eval: true,
      workerData: this.#shared,
      env: {},
      // It holds next to nothing; with less to fill, V8 takes less.
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#worker.once('message', (failure: object) => reject(Object.assign(new Error(), failure)));
      this.#worker.once('error', reject);
      this.#worker.once('exit', () => resolve());
    });
    this.#ended.catch(() => undefined); // thrown where the end is waited for
  }

  /** True once it has started: until then the caller writes itself. */
  get isReady(): boolean {
    return Atomics.load(this.#shared.busy, this.#shared.rooms.length) === 1;
  }

  /** A room that is not being written; `undefined` when all are. */
  freeRoom(except: number): number | undefined {
    const index = this.#shared.rooms.findIndex(
      (_, room) => room !== except && Atomics.load(this.#shared.busy, room) === 0,
    );
    return index === -1 ? undefined : index;
  }

  write(batch: Batch): void {
    Atomics.store(this.#shared.busy, batch.room, 1);
    this.#worker.postMessage(batch);
  }

  /** Waits until all is written. @throws what writing threw */
  async finish(): Promise<void> {
    this.#worker.postMessage(undefined);
    await this.#ended;
  }

  /** Leaves nothing running. */
  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
