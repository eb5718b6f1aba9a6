/**
 * A machine for tests of the exchange, on this one: mounts, processes and, when wanted, a network of its own, and a private
 * /etc/passwd with the user `ferryman`, as whom sshd lets neighbours in. Its files are those of this machine; its node stands
 * below a root of its own. Needs root.
 *
 * All of it is gone when {@link Host.stop} is called or this process ends, whatever the host has started.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { layoutUnder, type Layout } from '../../src/node/layout.ts';
import { programs, temporaryFolder, type Ran } from '../kit/kiosk.ts';
import { childrenOf, processReport } from './processes.ts';

export const floodUser = 'ferryman';
/** Of the user and of its group. */
export const floodId = 7822;

/** The PATH of a host: ferryman as it is built, the Node of these tests, then the system. */
export const hostPath = [
  programs,
  dirname(process.execPath),
  '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
].join(delimiter);

/**
 * $1 and $2 take the places of passwd and group. Its standard input is the host's life. Images that another test has mounted just then are let go of: a copy of
 * such a mount here would keep it in use there.
 */
const life = `
findmnt -rno SOURCE,TARGET | while read -r source target; do case $source in /dev/loop*) umount "$target" ;; esac; done
mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/group &&
mount -t tmpfs -o mode=755 run /run && mkdir -m 755 /run/sshd /run/lock &&
ip link set lo up && echo ready && exec cat`;

export interface HostOptions {
  /** A network of its own, with nothing but lo: put an interface into it with `ip link set NAME netns PID`. Else that of these tests. */
  readonly ownNetwork?: boolean;
}

export interface Call {
  /** `ferryman`, the user of the exchange; left out: root. */
  readonly as?: typeof floodUser;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** For what is run to its end; default: {@link longestMs}. */
  readonly timeoutMs?: number;
}

/** What takes longer hangs: the machine may have other work, but not that much. */
export const longestMs = 120_000;

/** A program that goes on. */
export interface Started {
  /** Of the program itself, as this machine numbers processes: for kill. */
  pid(): Promise<number>;
  /** What it has said so far, on both outputs. */
  said(): string;
  readonly ended: Promise<Ran>;
  /** Ends it. @throws Error when it goes on for {@link longestMs}, with what it has said and what it and its children are at; then it is killed */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ran>;
}

export interface Host {
  /** Node of this host: `--root`. Everybody may pass through it. */
  readonly root: string;
  readonly layout: Layout;
  /** The process that holds its namespaces. */
  readonly pid: number;
  /** A program that becomes another inside, with its arguments. */
  readonly inside: readonly string[];
  /** Runs a program to its end; never throws for an exit status. @throws Error when it goes on for too long; then it is killed */
  run(command: readonly string[], call?: Call): Promise<Ran>;
  /** `ferryman …  --root` of this host. */
  ferryman(args: readonly string[], call?: Call): Promise<Ran>;
  start(command: readonly string[], call?: Call): Started;
  stop(): Promise<void>;
}

/** @param root default: a temporary folder, removed by `removeFolders` */
export async function startHost(
  { ownNetwork = false }: HostOptions = {},
  root = temporaryFolder(),
): Promise<Host> {
  mkdirSync(root, { recursive: true });
  chmodSync(root, 0o755);
  const accounts = temporaryFolder();
  const write = (name: string, line: string): string => {
    const file = join(accounts, name);
    writeFileSync(file, `${readFileSync(`/etc/${name}`, 'utf8')}${line}\n`, { mode: 0o644 });
    return file;
  };
  const passwd = write('passwd', `${floodUser}:x:${floodId}:${floodId}::/:/bin/sh`);
  const group = write('group', `${floodUser}:x:${floodId}:`);

  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const holder = execa(
    'unshare',
    [...namespaces, ...(ownNetwork ? ['--net'] : []), 'sh', '-c', life, 'host', passwd, group],
    { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe', reject: false, cleanup: true },
  );
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    void holder.then(({ stderr }) => reject(new Error(`the host did not start: ${stderr}`)));
  });
  const pid = await onlyChild(holder.pid);
  return new NamespacedHost(root, pid, () => {
    holder.kill('SIGKILL');
    return holder;
  });
}

class NamespacedHost implements Host {
  readonly root: string;
  readonly layout: Layout;
  readonly pid: number;
  readonly inside: readonly string[];
  readonly #end: () => PromiseLike<unknown>;

  constructor(root: string, pid: number, end: () => PromiseLike<unknown>) {
    this.root = root;
    this.layout = layoutUnder(root);
    this.pid = pid;
    this.inside = ['nsenter', `--target=${pid}`, '--all', '--'];
    this.#end = end;
  }

  run(command: readonly string[], call: Call = {}): Promise<Ran> {
    return this.start(command, call).within(call.timeoutMs ?? longestMs);
  }

  ferryman(args: readonly string[], call: Call = {}): Promise<Ran> {
    return this.run(['ferryman', ...args, '--root', this.root], call);
  }

  start(command: readonly string[], call: Call = {}): RunningProgram {
    return new RunningProgram(command, this.#enter(command, call));
  }

  async stop(): Promise<void> {
    await this.#end();
  }

  #enter(command: readonly string[], { as, input, env }: Call) {
    const user =
      as === undefined ? [] : ['setpriv', `--reuid=${as}`, `--regid=${as}`, '--clear-groups', '--'];
    const [program = '', ...rest] = this.inside;
    return execa(program, [...rest, ...user, ...command], {
      reject: false,
      stripFinalNewline: false,
      cwd: '/',
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
      env: { PATH: hostPath, HOME: '/nonexistent', LANG: 'C.UTF-8', ...env },
      extendEnv: false,
    });
  }
}

interface Entered extends PromiseLike<Parameters<typeof toRan>[0]> {
  readonly pid?: number | undefined;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
}

class RunningProgram implements Started {
  readonly ended: Promise<Ran>;
  readonly #words: string;
  /** Of nsenter, which stays as the parent. */
  readonly #parent: number | undefined;
  #said = '';

  constructor(command: readonly string[], running: Entered) {
    this.#words = command.join(' ');
    this.#parent = running.pid;
    for (const stream of [running.stdout, running.stderr])
      stream?.on('data', (piece: Buffer) => void (this.#said += piece.toString()));
    this.ended = Promise.resolve(running).then(toRan);
  }

  pid(): Promise<number> {
    return onlyChild(this.#parent);
  }

  said(): string {
    return this.#said;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ran> {
    process.kill(await this.pid(), signal);
    return this.within(longestMs, ` after ${signal}`);
  }

  /** Waits for its end, and no longer than that. */
  async within(ms: number, what = ''): Promise<Ran> {
    let timer;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ms);
    });
    const ran = await Promise.race([this.ended, late]);
    clearTimeout(timer);
    if (ran) return ran;
    const report = processReport(this.#parent);
    for (const child of this.#parent === undefined ? [] : childrenOf(this.#parent))
      process.kill(child, 'SIGKILL');
    throw new Error(
      `${this.#words}: expected to end within ${ms / 1000} s${what}\n${report}it has said:\n${this.#said}`,
    );
  }
}

function toRan({
  exitCode,
  stdout,
  stderr,
}: {
  exitCode?: number | undefined;
  stdout?: unknown;
  stderr?: unknown;
}): Ran {
  return { exitCode, stdout: String(stdout), stderr: String(stderr) };
}

/** Waits for the one child of a process: unshare and nsenter fork before they become what they start. */
async function onlyChild(parent: number | undefined): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const [child] = parent === undefined ? [] : childrenOf(parent);
    if (child !== undefined) return child;
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
  throw new Error(`process ${parent}: expected a child, found none`);
}
