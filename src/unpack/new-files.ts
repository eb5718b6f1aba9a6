/**
 * Creates the files of a tree in order. Of thousands, another core creates some ahead: for a file of two kilobytes this takes longer than
 * all else that is done with it. Descriptors belong to the whole process, so they are all that is handed over.
 *
 * The worker and its caller claim each file in shared memory, because whoever unpacks does not turn its loop meanwhile: what the worker has
 * not begun the caller creates itself, so one that starts late costs nothing. What the worker could not create the caller tries again, and
 * meets the error itself.
 */
import * as fs from 'node:fs';
import type * as workerThreads from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import { collectAll } from '../parcel/young-garbage.ts';
import { openNewBy } from './open-new.ts';

export interface NewFile {
  /** In the tree; its folder is there. */
  readonly path: string;
  readonly mode: number;
}

/** Files from which on starting a worker takes less time than it saves. */
const manyFiles = 1000;
/** Files that stand open ahead of the caller: many, since the two are faster by turns. A process may have 1024 open, when nobody has said otherwise. */
const maxAhead = 512;
/** Files after which the caller tells how far it is: waking the worker for each would take longer than the work. */
const filesPerStep = 32;

/** What becomes of a file; a number above these is its descriptor and {@link opened}. */
const [free, begun, failed, taken, opened] = [0, 1, 2, 3, 4];

/** What the worker is given when it starts. */
interface Ahead {
  readonly folder: string;
  /** In shared memory, each ended by a line feed: texts of its own would take megabytes more. */
  readonly paths: Uint8Array;
  readonly modes: Uint16Array;
  readonly maxAhead: number;
  /** One for each file: see {@link free}. */
  readonly states: Int32Array;
  /** How many files the caller has taken; below 0 when it wants no more. */
  readonly position: Int32Array;
}

/** Runs in the worker; uses nothing but its arguments, so the states stand here as numbers: {@link free}, {@link begun}, {@link failed}, {@link opened}. */
function openAhead(load: NodeJS.Require, openNewOf: typeof openNewBy): void {
  const openNew = openNewOf(load('node:fs'));
  const { workerData } = load('node:worker_threads') as typeof workerThreads;
  const { folder, paths, modes, maxAhead: most, states, position } = workerData as Ahead;
  const text = Buffer.from(paths.buffer);
  let begin = 0;
  for (const [index, mode] of modes.entries()) {
    const end = text.indexOf(10, begin);
    const path = `${folder}/${text.toString('latin1', begin, end)}`;
    begin = end + 1;
    let at = Atomics.load(position, 0);
    for (; at >= 0 && index - at >= most; at = Atomics.load(position, 0)) Atomics.wait(position, 0, at);
    if (at < 0) return;
    if (Atomics.compareExchange(states, index, 0, 1) !== 0) continue;
    let state = 2;
    try {
      state = openNew(path, mode) + 4;
    } catch {
      // The caller tries again, and meets the error itself.
    }
    Atomics.store(states, index, state);
    Atomics.notify(states, index);
  }
}

/** Call {@link close} in any case. */
export class NewFiles {
  readonly #openNew = openNewBy(fs);
  readonly #folder: string;
  readonly #files: readonly NewFile[];
  readonly #states: Int32Array;
  readonly #position = new Int32Array(new SharedArrayBuffer(4));
  readonly #ended: Promise<unknown>;
  #next = 0;

  constructor(folder: string, files: readonly NewFile[]) {
    this.#folder = folder;
    this.#files = files;
    const isHelped = files.length >= manyFiles;
    this.#states = new Int32Array(new SharedArrayBuffer(isHelped ? 4 * files.length : 0));
    this.#ended = isHelped ? this.#start() : Promise.resolve();
  }

  /** Creates the next file. Returns its descriptor, which the caller closes. @throws system errors */
  open(): number {
    const index = this.#next++;
    if (index % filesPerStep === 0) this.#tell(index);
    return this.#fromWorker(index) ?? this.#openHere(index);
  }

  #openHere(index: number): number {
    const { path = '', mode = 0 } = this.#files[index] ?? {};
    return this.#openNew(`${this.#folder}/${path}`, mode); // what checkPath has accepted need not be normalised
  }

  #fromWorker(index: number): number | undefined {
    if (this.#states.length === 0) return undefined;
    if (Atomics.compareExchange(this.#states, index, free, taken) === free) return undefined;
    Atomics.wait(this.#states, index, begun);
    const state = Atomics.exchange(this.#states, index, taken);
    return state === failed ? undefined : state - opened;
  }

  /** Leaves nothing running, and nothing open that was not taken. */
  async close(): Promise<void> {
    this.#tell(-1);
    await this.#ended;
    for (const state of this.#states) if (state >= opened) fs.closeSync(state - opened);
  }

  #tell(position: number): void {
    Atomics.store(this.#position, 0, position);
    Atomics.notify(this.#position, 0);
  }

  #start(): Promise<unknown> {
    const bytes = this.#files.reduce((sum, { path }) => sum + path.length + 1, 0);
    const paths = Buffer.from(new SharedArrayBuffer(bytes));
    let at = 0;
    for (const { path } of this.#files) at += paths.write(`${path}\n`, at, 'latin1');
    const modes = new Uint16Array(new SharedArrayBuffer(2 * this.#files.length));
    for (const [index, { mode }] of this.#files.entries()) modes[index] = mode;
    const ahead: Ahead = {
      folder: this.#folder,
      paths,
      modes,
      maxAhead,
      states: this.#states,
      position: this.#position,
    };
    collectAll(); // what reading the manifest has left makes room for the worker
    return run(ahead);
  }
}

/** Fulfilled when the worker has ended; one that cannot be started has done nothing, and is not missed. */
function run(ahead: Ahead): Promise<unknown> {
  try {
    // As text it is there in the bundle, in the single executable, and when an update has replaced ferryman's files.
    const worker = new Worker(`(${openAhead.toString()})(require, ${openNewBy.toString()})`, {
      eval: true,
      workerData: ahead,
      env: {},
      trackUnmanagedFds: false, // the caller closes them
      // It holds next to nothing; with less to fill, V8 takes less.
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
    });
    return new Promise((resolve) => worker.once('error', resolve).once('exit', resolve));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_INIT_FAILED')) throw error;
    return Promise.resolve();
  }
}
