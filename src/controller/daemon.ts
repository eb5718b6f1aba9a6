/** The daemon: pass after pass, woken by changes in the channels' folders or by the clock, until it is told to stop. */
import { watch, type FSWatcher } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { FerrymanError, isSystemError } from '../errors.ts';
import { knockName } from '../inbox/knock.ts';
import type { Context } from './context.ts';
import { Controller } from './controller.ts';

/** Milliseconds for which a burst of changes is waited out. */
const settleMs = 50;

/** @returns when `signal` is aborted; a script that runs goes on and is picked up at the next start */
export async function runDaemon(context: Context, signal: AbortSignal): Promise<void> {
  const controller = new Controller(context);
  const { config, layout, tell } = context;
  // Keys that are put in or taken out by hand, and a changed threshold, count at once too.
  const folders = [
    layout.inbox,
    layout.keys,
    layout.etc,
    ...controller.channels.map((channel) => channel.folder),
  ];
  const watches = new FolderWatches(folders);
  try {
    while (!signal.aborted) {
      // Before the pass: a change that comes during it starts the next one at once.
      const changed = watches.next();
      await passSafely(controller, signal, tell);
      await pause(config.channels.rescanSeconds * 1000, signal, changed);
      await sleep(settleMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    watches.close();
    await controller.finish(0);
  }
}

/** Waits for the time, the signal or the event, whichever is first, and leaves no timer behind. */
async function pause(ms: number, signal: AbortSignal, event: Promise<void>): Promise<void> {
  const over = new AbortController();
  const timer = sleep(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(
    () => undefined,
  );
  await Promise.race([timer, event]);
  over.abort();
}

/** A node must not give up on a full disk or on a problem that a person can mend: it says so and goes on. */
async function passSafely(controller: Controller, signal: AbortSignal, tell: Context['tell']): Promise<void> {
  try {
    await controller.pass(signal);
  } catch (error) {
    if (error instanceof FerrymanError)
      tell({
        level: 'error',
        subject: 'controller',
        text: `${error.message} [${error.code}]\n  hint: ${error.hint}`,
      });
    else if (isSystemError(error)) tell({ level: 'error', subject: 'controller', text: error.message });
    else throw error;
  }
}

/** Hidden names are temporary files, our own among them: looking at them would wake the daemon by its own work. */
function isNews(name: string | null): boolean {
  return name === null || name === knockName || !name.startsWith('.');
}

/** Watches folders that may come and go. A watch is a hint: it may miss changes and must not fail. */
class FolderWatches {
  readonly #folders: readonly string[];
  readonly #watchers = new Map<string, FSWatcher>();
  #wake: () => void = () => undefined;

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** Settles at the next change in any of the folders. */
  next(): Promise<void> {
    for (const folder of this.#folders) if (!this.#watchers.has(folder)) this.#arm(folder);
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #arm(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (isNews(name)) this.#wake();
      });
      this.#watchers.set(folder, watcher);
      watcher.on('error', () => this.#drop(folder));
      // A folder that is replaced keeps its old watch alive: look again after it was renamed or removed.
      watcher.on('change', (event, name) => {
        if (event === 'rename' && (name === null || folder.endsWith(`/${String(name)}`))) this.#drop(folder);
      });
    } catch (error) {
      if (!isSystemError(error, 'ENOENT', 'ENOSPC', 'EMFILE', 'ENOTDIR')) throw error;
    }
  }

  #drop(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}
