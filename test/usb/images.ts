/** File systems as a stick holds them, in image files: real FAT and ext4, of a given tree and UUID. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Path on the key, such as `ferryman/updates/a.zip`, to what stands there. */
export type KeyTree = Readonly<Record<string, Buffer | string>>;

export interface ImageOptions {
  readonly sizeMiB?: number;
  readonly label?: string;
  /** FAT: `BA46-1F6F`; ext4: a GUID. */
  readonly uuid?: string;
  /** FAT only. */
  readonly fatBits?: 12 | 16 | 32;
}

const mtoolsEnvironment = {
  ...process.env,
  MTOOLSRC: '/dev/null',
  MTOOLS_SKIP_CHECK: '1',
  LC_ALL: 'C.UTF-8',
};

/** Writes a FAT image; returns its path. */
export function fatImage(path: string, tree: KeyTree, options: ImageOptions = {}): string {
  const { sizeMiB = 64, label = 'KEY', uuid = '1234-ABCD', fatBits = 32 } = options;
  emptyFile(path, sizeMiB);
  run('mkfs.vfat', '-F', String(fatBits), '-n', label, '-i', uuid.replace('-', ''), path);
  withFolder(tree, (folder, top) => {
    if (top.length > 0) mtool('mcopy', path, '-s', '-Q', ...top.map((name) => join(folder, name)), '::/');
  });
  return path;
}

/** Writes an ext4 image; returns its path. `prepare` may add links, FIFOs and the like to the tree's folder first. */
export function ext4Image(
  path: string,
  tree: KeyTree,
  options: ImageOptions & {
    readonly prepare?: (folder: string) => void;
    readonly mkfs?: readonly string[];
  } = {},
): string {
  const {
    sizeMiB = 32,
    label = 'KEY',
    uuid = '0a1b2c3d-0000-4000-8000-123456789abc',
    prepare = () => undefined,
  } = options;
  emptyFile(path, sizeMiB);
  withFolder(tree, (folder) => {
    prepare(folder);
    run('mkfs.ext4', '-q', '-F', '-L', label, '-U', uuid, ...(options.mkfs ?? []), '-d', folder, path);
  });
  return path;
}

/** Runs one of mtools on an image or device; returns what it prints. */
export function mtool(program: string, image: string, ...args: string[]): string {
  return execFileSync(program, ['-i', image, ...args], {
    env: mtoolsEnvironment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A loop device over an image; whoever attaches it detaches it. */
export class LoopDevice {
  readonly device: string;

  constructor(image: string, { readOnly = false } = {}) {
    this.device = execFileSync('losetup', ['-f', '--show', ...(readOnly ? ['-r'] : []), image], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'], // it warns of images that are cut off, which is what some are for
    }).trim();
  }

  detach(): void {
    run('losetup', '-d', this.device);
  }
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

function emptyFile(path: string, sizeMiB: number): void {
  rmSync(path, { force: true });
  writeFileSync(path, '');
  truncateSync(path, sizeMiB * 1024 * 1024);
}

/** Lays the tree out in a folder for as long as `use` takes. */
function withFolder(tree: KeyTree, use: (folder: string, top: string[]) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'ferryman-key-'));
  try {
    for (const [path, contents] of Object.entries(tree)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), contents);
    }
    use(folder, [...new Set(Object.keys(tree).map((path) => path.split('/')[0] ?? path))]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
