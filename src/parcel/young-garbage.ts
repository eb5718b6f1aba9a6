/**
 * Has V8 look for dead buffers more often than it would: it lets 32 MiB of them lie, and what it then asks the system for is new
 * memory, which takes longer to get than used memory takes to find.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of buffers that may die before they are looked for. */
const bytesPerLook = 8 * 1024 * 1024;

/** Counts buffers that come and go. */
export class YoungGarbage {
  #sinceLook = 0;
  #collect: ReturnType<typeof collector> | undefined;

  /** Tells of a buffer that will soon be dead. */
  made(bytes: number): void {
    this.#sinceLook += bytes;
    if (this.#sinceLook < bytesPerLook) return;
    this.#sinceLook = 0;
    this.#collect ??= collector();
    this.#collect({ type: 'minor' });
  }
}

/** Looks for all that is dead, which takes some 10 ms: before something that takes megabytes of its own. */
export function collectAll(): void {
  collector()(); // without `type`, V8 also gives pages back
}

/** V8 has no other way to ask for it; the flag makes `gc` known in contexts that are made from then on. */
function collector(): (how?: { readonly type: 'minor' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as ReturnType<typeof collector>;
}
