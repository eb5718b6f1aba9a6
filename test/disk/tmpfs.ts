/** A small disk that a test can fill: a tmpfs. Only root may mount; whoever mounts here is rid of it by {@link unmountAll}. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSystemError } from '../../src/errors.ts';

export const pageBytes = 4096;

/** Whether this process may mount. */
export const canMount = tryToMount();

function tryToMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'ferryman-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'none', folder]).status === 0;
  if (mounted) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted;
}

const mounted: SmallDisk[] = [];

/** Call in `afterEach`: a failed test must not leave a mount. */
export function unmountAll(): void {
  for (const disk of mounted.splice(0).toReversed()) {
    disk.free();
    if (spawnSync('umount', [disk.folder]).status !== 0) execFileSync('umount', ['--lazy', disk.folder]);
  }
}

export class SmallDisk {
  readonly folder: string;
  /** An open file without a name, which nobody can find and remove. */
  #filler: number | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Mounts over a folder, whose contents move onto the disk. @param size as mount(8) takes it: `1m` */
  static over(folder: string, size: string, options = 'mode=0700'): SmallDisk {
    mkdirSync(folder, { recursive: true });
    const aside = mkdtempSync(join(tmpdir(), 'ferryman-aside-'));
    cpSync(folder, aside, { recursive: true, preserveTimestamps: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},${options}`, 'ferryman-test', folder]);
    const disk = new SmallDisk(folder);
    mounted.push(disk);
    cpSync(aside, folder, { recursive: true, preserveTimestamps: true });
    rmSync(aside, { recursive: true });
    return disk;
  }

  /** Takes all room but for some pages. */
  fill(freePages = 0): void {
    this.free();
    const name = join(this.folder, 'filler');
    this.#filler = openSync(name, 'w');
    rmSync(name);
    const page = Buffer.alloc(pageBytes);
    let pages = 0;
    try {
      for (;;) pages += writeSync(this.#filler, page) / pageBytes;
    } catch (error) {
      if (!isSystemError(error, 'ENOSPC')) throw error;
    }
    ftruncateSync(this.#filler, (pages - freePages) * pageBytes);
    if (this.freePages() !== freePages)
      throw new Error(`expected ${freePages} free pages, found ${this.freePages()}`);
  }

  /** Gives back what {@link fill} took. */
  free(): void {
    if (this.#filler !== undefined) closeSync(this.#filler);
    this.#filler = undefined;
  }

  resize(size: string): void {
    execFileSync('mount', ['-o', `remount,size=${size}`, this.folder]);
  }

  freePages(): number {
    const { bfree, bsize } = statfsSync(this.folder);
    return (bfree * bsize) / pageBytes;
  }
}
