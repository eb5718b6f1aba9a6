/** News: hints that something has changed in one of the folders that matter. A hint may be missed; a rescan is the truth. */
import { watch, type FSWatcher } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError } from '../errors.ts';
import { knockName } from '../inbox/knock.ts';

/** Milliseconds for which a burst of changes is waited out. */
const settleMs = 50;

export interface News {
  /** How many changes have been noticed so far; call it before looking at the folders. */
  look(): number;
  /** Settles once there were more than `seen` changes. One waits at a time. */
  after(seen: number): Promise<void>;
}

/** What has been seen by somebody who has not looked yet: he is not kept waiting. */
export const notLooked = -1;

/** For a single pass, which watches nothing. */
export const noNews: News = {
  look: () => 0,
  after: (seen) => (seen < 0 ? Promise.resolve() : new Promise(() => undefined)),
};

/** Waits for news, the time or the signal, whichever is first, and leaves no timer behind. */
export async function waitForNews(news: News, seen: number, ms: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const timer = sleep(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(
    () => undefined,
  );
  await Promise.race([timer, news.after(seen)]);
  over.abort();
  await sleep(settleMs, undefined, { signal }).catch(() => undefined);
}

/** Hidden names are temporary files, our own among them: looking at them would wake the daemon by its own work. */
function isNews(name: string | null): boolean {
  return name === null || name === knockName || !name.startsWith('.');
}

/** Watches folders that may come and go. A watch is a hint: it may miss changes and must not fail. */
export class FolderWatches implements News {
  readonly #folders: readonly string[];
  readonly #watchers = new Map<string, FSWatcher>();
  #changes = 0;
  #wake: () => void = () => undefined;

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** Watches folders that have come since, too. */
  look(): number {
    for (const folder of this.#folders) if (!this.#watchers.has(folder)) this.#arm(folder);
    return this.#changes;
  }

  after(seen: number): Promise<void> {
    if (this.#changes > seen) return Promise.resolve();
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
        if (!isNews(name)) return;
        this.#changes += 1;
        this.#wake();
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
