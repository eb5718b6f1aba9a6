/** Nodes at work, for tests: kiosks whose processes are all stopped at the end, the daemon as a process, waiting for facts. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kiosk, programs, removeFolders, type Setup } from '../kit/kiosk.ts';
import { draftParts, fixedKey, signedUpdate, signZip, type Draft } from '../kit/office.ts';
import { packZip } from '../../src/parcel/pack.ts';
import type { Mode } from '../../src/parcel/canonical-zip.ts';
import type { ChannelName } from '../../src/channels/channel-name.ts';

/** The office's key in these tests. */
export const officeKey = fixedKey(11);

const roots: string[] = [];

/** A kiosk that trusts {@link officeKey} and stops scripts after a second; call {@link cleanUp} afterwards. */
export async function makeKiosk(setup: Partial<Setup> = {}): Promise<Kiosk> {
  const kiosk = await Kiosk.make({ keys: [officeKey], config: '[run]\nstopSeconds = 1', ...setup });
  roots.push(kiosk.root);
  return kiosk;
}

/** A parcel signed by {@link officeKey}. */
export function signed(draft: Draft): Buffer {
  return signedUpdate(draft, officeKey);
}

/** A parcel with exactly these files: path to contents and mode. `draft.terms.path` says which is the script. */
export function signedFiles(draft: Draft, files: Readonly<Record<string, readonly [string, Mode]>>): Buffer {
  const packed = Object.entries(files)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, [text, mode]]) => {
      const contents = Buffer.from(text);
      const sha256 = createHash('sha256').update(contents).digest('hex');
      return { path, contents, mode, size: contents.length, sha256 };
    });
  const { manifest } = draftParts(draft);
  const listed = packed.map(({ path, size, sha256, mode }) => ({ path, size, sha256, mode }));
  return signZip(packZip({ ...manifest, files: listed }, packed), officeKey);
}

/** Call in `afterEach` or `afterAll`: stops every process of the kiosks made here, then removes their folders. */
export function cleanUp(): void {
  for (const root of roots.splice(0)) for (const pid of processesOf(root)) kill(pid, 'SIGKILL');
  removeFolders();
}

/** Living processes that carry the folder in their command line, environment or working directory; not this one. */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) =>
      [
        () => procText(pid, 'cmdline'),
        () => procText(pid, 'environ'),
        () => readlinkSync(`/proc/${pid}/cwd`),
      ].some((read) => orEmpty(read).includes(folder)),
    )
    .filter((pid) => isAlive(pid));
}

function procText(pid: number, name: string): string {
  return readFileSync(`/proc/${pid}/${name}`, 'latin1');
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return ''; // gone in between
  }
}

/** Zombies do not count. */
export function isAlive(pid: number): boolean {
  const stat = orEmpty(() => procText(pid, 'stat'));
  return (
    stat !== '' && !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3))
  );
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone in between
  }
}

/** Looks every 25 ms until there is something. @throws Error naming `what` after `timeoutMs` */
export async function until<Found>(
  what: string,
  look: () => Found | undefined | false | Promise<Found | undefined | false>,
  timeoutMs = 30_000,
): Promise<Found> {
  const begin = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() - begin > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await sleep(25);
  }
}

/** Puts a file where a channel looks, or, as USB keys and neighbours do, into the inbox itself; returns its path. */
export function drop(kiosk: Kiosk, channel: ChannelName, name: string, bytes: Buffer | string): string {
  const folder = channelFolder(kiosk, channel);
  mkdirSync(folder, { recursive: true });
  const isInInbox = channel !== 'backhaul';
  const path = join(folder, isInInbox ? `${channel}.${blake2b512(bytes)}.parcel` : name);
  if (isInInbox) {
    writeFileSync(join(folder, `.${channel}.part`), bytes); // what stands in the inbox is whole
    renameSync(join(folder, `.${channel}.part`), path);
  } else writeFileSync(path, bytes);
  return path;
}

function blake2b512(bytes: Buffer | string): string {
  return createHash('blake2b512').update(bytes).digest('hex');
}

export function channelFolder({ layout }: Kiosk, channel: ChannelName): string {
  return channel === 'backhaul' ? layout.backhaul : layout.inbox;
}

/** What the file sink was given, one line each, without the time: `42 succeeded: text`. */
export function shortLogs({ layout }: Kiosk): string[] {
  const lines = orEmpty(() => readFileSync(join(layout.log, 'short.log'), 'utf8')).split('\n');
  return lines.filter((line) => line !== '').map((line) => line.slice(line.indexOf(' ') + 1));
}

/** The texts alone. */
export function shortLogTexts(kiosk: Kiosk): string[] {
  return shortLogs(kiosk).map((line) => line.slice(line.indexOf(': ') + 2));
}

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `ferryman run` as a process. */
export class Daemon {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stderr = '';

  /** Returns once the daemon holds the lock. @param program another `ferryman` than the built one */
  static async start(kiosk: Kiosk, program = join(programs, 'ferryman')): Promise<Daemon> {
    const daemon = new Daemon(
      spawn(program, ['run', '--root', kiosk.root], { stdio: ['ignore', 'ignore', 'pipe'] }),
    );
    await until('the daemon at work', () => daemon.stderr.includes('at work for'));
    return daemon;
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += String(chunk);
    });
    this.ended = new Promise((resolve) => {
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Nobody reads what the daemon says from now on. */
  closeStderr(): void {
    this.#child.stderr?.destroy();
  }

  send(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }

  stop(): Promise<Ended> {
    return this.send('SIGTERM');
  }
}
