/**
 * A bare Debian 12, made by debootstrap, in a folder: no Node, nothing of ours. Commands run in it by chroot.
 *
 * Its mounts live in a mount namespace and its processes in a pid namespace that are made for each command: all of them
 * are gone with the command, however it ends. What debootstrap made is kept for the next time in the user's cache.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { identifyProcess } from '../../src/host/process-identity.ts';
import type { Ran } from '../kit/kiosk.ts';

/** $1 is the root, $2 are commands that mount more; the rest is what runs. */
const enter = `
root=$1 more=$2; shift 2
mount -t proc proc "$root/proc" && eval "$more" || exit 125
exec chroot "$root" "$@"`;

const prefix = 'ferryman-machine-';

export class BareMachine {
  readonly root: string;

  /** @throws when not root, without debootstrap, or when the mirror cannot be reached */
  constructor() {
    if (process.getuid?.() !== 0)
      throw new Error(
        'expected to be root: debootstrap and chroot need it. Type: sudo npm run test:packages',
      );
    const base = baseArchive();
    sweep();
    this.root = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
    execFileSync('tar', ['-xpf', base, '--numeric-owner', '-C', this.root]);
    execFileSync('chmod', ['755', this.root]);
  }

  /** Copies a file of this machine into it. */
  put(file: string, path: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    copyFileSync(file, this.path(path));
  }

  /** Where a path of the bare machine stands on this one. */
  path(path: string): string {
    return join(this.root, path);
  }

  /** Runs `script` in its shell, `mounting` more first (`$root` is its root); never throws for an exit status. */
  async sh(script: string, mounting = ':'): Promise<Ran> {
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
    const inside = ['/bin/sh', '-ec', `cd /root; ${script}`];
    const result = await execa(
      'unshare',
      [...namespaces, 'bash', '-c', enter, 'enter', this.root, mounting, ...inside],
      {
        reject: false,
        stdin: 'ignore',
        extendEnv: false,
        env: {
          PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
          HOME: '/root',
          LANG: 'C.UTF-8',
        },
      },
    );
    return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  }

  /** @throws when something is still mounted in it: removing would go on into that */
  remove(): void {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    if (mounts.includes(this.root))
      throw new Error(`${this.root}: expected nothing mounted, found:\n${mounts}`);
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Removes what tests that were killed have left; nothing is mounted there, because mounts go with their command. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const maker = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : NaN;
    if (maker > 0 && !identifyProcess(maker)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** The archive of the bare system, made where there is none yet. */
function baseArchive(): string {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ferryman');
  const archive = join(cache, `bookworm-minbase-${process.arch}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, '.debootstrap-'));
  const part = `${archive}.${process.pid}.part`;
  try {
    const root = join(folder, 'root');
    execFileSync('debootstrap', ['--variant=minbase', 'bookworm', root, mirror()], { stdio: 'ignore' });
    execFileSync('tar', ['-cf', part, '--numeric-owner', '-C', root, '.']);
    renameSync(part, archive);
  } finally {
    rmSync(part, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
  return archive;
}

/** Where this machine gets bookworm from; on another distribution Debian's own address. */
function mirror(): string {
  const format = ['--format', '$(RELEASE) $(COMPONENT) $(REPO_URI)', 'Created-By: Packages'];
  const targets = execFileSync('apt-get', ['indextargets', ...format], { encoding: 'utf8' });
  return /^bookworm main (\S+)$/m.exec(targets)?.[1] ?? 'http://deb.debian.org/debian';
}
