/**
 * What a power cut would leave: reads a trace of system calls and keeps account of what was written and not synced.
 *
 * `kill -9` loses nothing that was written, so it cannot show a missing fsync. This model can: contents last once their
 * file is synced, names once their folder is. Stricter than any one file system, as POSIX is.
 */
import { dirname } from 'node:path';

/** What a power cut would take at this moment. */
export class Unsynced {
  readonly #contents = new Set<string>();
  /** Names that were made or moved here. */
  readonly #names = new Set<string>();

  /** Takes in one line of `strace -y`. */
  take(line: string): void {
    const call = /^(\w+)\((.*)\)\s+= (\d+)/.exec(line);
    if (!call) return; // it failed, or is no call
    const [, name = '', args = '', result = ''] = call;
    const file = /^\d+<([^>]*)>/.exec(args)?.[1];
    const paths = [...args.matchAll(/"([^"]*)"/g)].map(([, path = '']) => path);
    const [first = '', second = ''] = paths;
    switch (name) {
      case 'openat':
        if (args.includes('O_CREAT') && !result.startsWith('-')) this.#names.add(first);
        return;
      case 'mkdir':
      case 'mkdirat':
        this.#names.add(first);
        return;
      case 'write':
      case 'pwrite64':
      case 'ftruncate':
        if (file !== undefined) this.#contents.add(file);
        return;
      case 'fsync':
      case 'fdatasync':
        if (file !== undefined) this.#synced(file);
        return;
      case 'rename':
      case 'link':
        this.#moved(first, second, name === 'rename');
        return;
      case 'unlink':
      case 'rmdir':
        this.#gone(first);
        return;
    }
  }

  #synced(file: string): void {
    this.#contents.delete(file);
    for (const name of this.#names) if (dirname(name) === file) this.#names.delete(name);
  }

  #moved(from: string, to: string, isRename: boolean): void {
    if (this.#contents.has(from)) this.#contents.add(to);
    if (isRename) this.#gone(from);
    this.#names.add(to);
  }

  #gone(path: string): void {
    this.#contents.delete(path);
    this.#names.delete(path);
  }

  /** Whether a file would be there and whole after a power cut, all folders above it included. */
  isSafe(path: string): boolean {
    if (this.#contents.has(path)) return false;
    for (let at = path; at !== dirname(at); at = dirname(at)) if (this.#names.has(at)) return false;
    return true;
  }

  /** Whether the contents of a file would be whole, under whatever name. */
  hasContents(path: string): boolean {
    return !this.#contents.has(path);
  }

  /** Everything below a folder that would be lost or torn. */
  under(folder: string): string[] {
    const all = [
      ...[...this.#contents].map((path) => `contents of ${path}`),
      ...[...this.#names].map((path) => `name of ${path}`),
    ];
    return all.filter((text) => text.includes(`${folder}/`)).toSorted();
  }
}

/** Calls to trace for {@link Unsynced}. */
export const syncCalls =
  'trace=openat,mkdir,mkdirat,write,pwrite64,ftruncate,fsync,fdatasync,rename,link,unlink,rmdir,clone';

/** The calls of all threads, each when it has ended, from what `strace -f` has written. */
export function callsOfThreads(trace: readonly string[]): string[] {
  const begun = new Map<string, string>();
  return trace.flatMap((line) => {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (text.endsWith(' <unfinished ...>')) begun.set(thread, text.slice(0, -' <unfinished ...>'.length));
    if (text.endsWith(' <unfinished ...>')) return [];
    const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? [];
    return rest === undefined ? [text] : [(begun.get(thread) ?? '') + rest];
  });
}
