/**
 * Packs logs while the daemon is at work: in a process of its own, at the lowest priority, on the configured period; outcomes at once. What it cannot
 * do it says once, and tries again.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { FerrymanError } from '../errors.ts';
import { systemPath } from '../host/system-path.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { readPosition } from './position.ts';
import { dueInSeconds, lastPacked } from './schedule.ts';
import type { PackedArchive } from './pack-logs.ts';

/** What it works with; the daemon's context has all of it. */
export interface PackingSurroundings {
  readonly layout: Layout;
  readonly config: Pick<Config, 'logs'>;
  readonly ledger: Ledger;
  readonly host: { readonly bootId: string; uptimeSeconds(): number };
  /** How a command of this ferryman is started. */
  readonly ownCommand: readonly string[];
  readonly tell: (event: {
    readonly level: 'error' | 'warning' | 'info' | 'debug';
    readonly subject: string;
    readonly text: string;
  }) => void;
}

/** Outcomes of one moment go into one archive. */
const soonMs = 3000;
/** After a failure, and between two looks at the clock: a machine may sleep for a while. */
const patienceMs = 10 * 60_000;
const longestWaitMs = 60_000;
/** A packer that takes longer hangs. */
const deadlineMs = 6 * 3600_000;
/** Made by ferryman itself: a few hundred characters for each archive. */
const maxSaid = 1024 * 1024;

export class LogPacking {
  readonly #surroundings: PackingSurroundings;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #soonTimer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #isPacking = false;
  /** What was told last, so that it is not told again. */
  #told = '';

  constructor(surroundings: PackingSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Begins, if it is configured. */
  start(): void {
    if (!this.#surroundings.config.logs.enabled) return;
    this.#waitFor(this.#dueInMs());
    this.soon(); // what a daemon before this one has not come to
  }

  /** Something has happened that the office waits for: it is packed within seconds. */
  soon(): void {
    if (!this.#surroundings.config.logs.enabled || this.#stop.signal.aborted) return;
    this.#soonTimer ??= setTimeout(() => {
      this.#soonTimer = undefined;
      this.#queue('short');
    }, soonMs);
  }

  /** No packer goes on or begins. */
  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#soonTimer);
  }

  async close(): Promise<void> {
    this.stop();
    await this.#work;
  }

  #dueInMs(): number {
    const { ledger, host, config } = this.#surroundings;
    const now = { bootId: host.bootId, uptimeSeconds: host.uptimeSeconds() };
    return dueInSeconds(lastPacked(ledger), now, config.logs.periodSeconds) * 1000;
  }

  #waitFor(ms: number): void {
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), Math.min(ms, longestWaitMs));
  }

  #look(): void {
    const ms = this.#dueInMs();
    if (ms > 0) this.#waitFor(ms);
    else this.#queue('long');
  }

  /** One after the other. */
  #queue(kind: 'short' | 'long'): void {
    if (kind === 'short' && !this.#hasNews()) return;
    if (this.#isPacking) {
      if (kind === 'short') this.soon();
      return;
    }
    this.#isPacking = true;
    this.#work = this.#pack(kind).then((isDone) => {
      this.#isPacking = false;
      if (kind === 'long') this.#waitFor(isDone ? this.#dueInMs() : patienceMs);
      return undefined;
    });
  }

  #hasNews(): boolean {
    const { ledger } = this.#surroundings;
    return ledger.updates.changedSince(readPosition(ledger).transition, 1).length > 0;
  }

  /** @returns whether it came to its end */
  async #pack(kind: 'short' | 'long'): Promise<boolean> {
    const { layout, tell } = this.#surroundings;
    const enrolment = join(layout.etc, 'enrolment.txt');
    if (!existsSync(enrolment)) {
      const { message, code, hint } = new FerrymanError(
        'logs.not-enrolled',
        `${enrolment}: expected the enrolment of this node, found none: logs stay here`,
      );
      this.#tellOnce(`${message} [${code}]\n  hint: ${hint}`);
      return false;
    }
    const { exitCode, stdout, stderr, originalMessage } = await this.#run(kind);
    if (this.#stop.signal.aborted) return false;
    if (exitCode !== 0) {
      this.#tellOnce(stderr.trim() || originalMessage || `it ended with ${exitCode}`);
      return false;
    }
    this.#told = '';
    for (const one of readPacked(stdout)) tell({ level: 'info', subject: 'logs', text: inWords(one) });
    return true;
  }

  async #run(
    kind: 'short' | 'long',
  ): Promise<{ exitCode?: number; stdout: string; stderr: string; originalMessage?: string }> {
    const { layout, ownCommand } = this.#surroundings;
    const pack = ['logs', 'pack', '--class', kind, '--json', '--root', layout.root];
    const command: readonly string[] = [...lowPriority(), ...ownCommand, ...pack];
    const [program = '', ...args] = command;
    const result = await execa(program, args, {
      reject: false,
      stdin: 'ignore',
      maxBuffer: maxSaid,
      env: { PATH: systemPath, HOME: '/root', LANG: 'C.UTF-8' },
      extendEnv: false,
      cwd: '/',
      timeout: deadlineMs,
      cancelSignal: this.#stop.signal,
      forceKillAfterDelay: 5000,
    });
    return {
      ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
      stdout: result.stdout,
      stderr: result.stderr,
      ...(result.originalMessage === undefined ? {} : { originalMessage: result.originalMessage }),
    };
  }

  #tellOnce(text: string): void {
    if (this.#told === text) return;
    this.#told = text;
    this.#surroundings.tell({ level: 'warning', subject: 'logs', text });
  }
}

/** What is packed must not slow down what a kiosk is there for. ionice only helps where the disk's scheduler heeds it. */
function lowPriority(): string[] {
  return [
    ['/usr/bin/nice', '-n', '19'],
    ['/usr/bin/ionice', '-c', '3', '-t'],
  ].flatMap((command) => (existsSync(command[0] ?? '') ? command : []));
}

function readPacked(text: string): PackedArchive[] {
  return (JSON.parse(text) as { archives: PackedArchive[] }).archives;
}

function inWords({ sequence, class: kind, bytes, dropped }: PackedArchive): string {
  const lost = dropped.length === 0 ? '' : `; dropped undelivered for want of room: ${dropped.join(', ')}`;
  return `archive ${sequence} (${kind}, ${bytes} bytes) is ready to travel${lost}`;
}
