/**
 * Does for a test what systemd does with ferryman's unit: reads it, starts its command, listens on the notify socket, kills what
 * is silent, restarts what has ended, and stops the main process only. Times come from the test, all else from the unit.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kiosk } from '../kit/kiosk.ts';
import { until } from '../controller/at-work.ts';

export interface Times {
  /** Between the end and the next start. */
  readonly restartMs?: number;
  /** Until READY=1 must have come. */
  readonly startMs?: number;
  /** Between two signs of life. */
  readonly watchdogMs?: number;
}

export class Supervisor {
  /** What the main process said to systemd, in order. */
  readonly messages: string[] = [];
  /** Why the supervisor killed, one line each. */
  readonly kills: string[] = [];
  starts = 0;
  #log = '';
  #main: ChildProcess | undefined;
  #isReady = false;
  #lastSign = 0;
  #wanted = true;
  readonly #unit: ReadonlyMap<string, string>;
  readonly #listener: ChildProcess;
  readonly #socket: string;
  readonly #times: Required<Times>;
  readonly #calls: string;
  #callsSeen = 0;
  readonly #watch: NodeJS.Timeout;

  /** The service must be installed in the kiosk's root. */
  static async start(kiosk: Kiosk, times: Times = {}): Promise<Supervisor> {
    const supervisor = new Supervisor(kiosk, times);
    await until('the notify socket', () => existsSync(supervisor.#socket));
    supervisor.#startMain();
    return supervisor;
  }

  private constructor({ root, layout }: Kiosk, times: Times) {
    this.#unit = readUnit(layout.unitFile);
    this.#times = { restartMs: 100, startMs: 60_000, watchdogMs: 60_000, ...times };
    this.#socket = join(root, 'notify');
    this.#listener = spawn('socat', ['-u', `UNIX-RECV:${this.#socket}`, 'STDOUT'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#listener.stdout?.on('data', (chunk: Buffer) => this.#hear(String(chunk)));
    this.#calls = join(root, 'systemctl.calls');
    fakeSystemctl(root);
    this.#watch = setInterval(() => this.#look(), 25);
  }

  /** All that the main processes wrote, as in the journal. */
  get log(): string {
    return this.#log;
  }

  get pid(): number {
    return this.#main?.pid ?? 0;
  }

  /** systemctl stop: the main process and nothing else. */
  async stop(): Promise<void> {
    this.#wanted = false;
    await this.#end();
    clearInterval(this.#watch);
    this.#listener.kill();
  }

  async #end(): Promise<void> {
    const main = this.#main;
    if (!main || main.exitCode !== null || main.signalCode !== null) return;
    if (this.#unit.get('KillMode') !== 'process') throw new Error('the unit would have the script killed');
    const ended = new Promise((resolve) => {
      main.once('exit', resolve);
    });
    main.kill('SIGTERM');
    await ended;
  }

  #startMain(): void {
    const program = this.#unit.get('ExecStart') ?? '';
    this.starts += 1;
    this.#isReady = false;
    this.#lastSign = performance.now();
    const main = spawn(program, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
        NOTIFY_SOCKET: this.#socket,
        WATCHDOG_USEC: String(this.#times.watchdogMs * 1000),
      },
    });
    this.#main = main;
    main.stderr?.on('data', (chunk: Buffer) => {
      this.#log += String(chunk);
    });
    main.once('exit', () => void this.#restartAfterwards());
  }

  async #restartAfterwards(): Promise<void> {
    await sleep(this.#times.restartMs);
    if (this.#wanted && this.#unit.get('Restart') === 'always') this.#startMain();
  }

  /** Datagrams follow each other without anything between. */
  #hear(text: string): void {
    for (const message of text.split(/\n?(?=(?:READY|STATUS|WATCHDOG|STOPPING)=)/)) {
      this.messages.push(message);
      if (message === 'READY=1') this.#isReady = true;
      if (message === 'READY=1' || message === 'WATCHDOG=1') this.#lastSign = performance.now();
    }
  }

  #look(): void {
    const silentMs = performance.now() - this.#lastSign;
    const limitMs = this.#isReady ? this.#times.watchdogMs : this.#times.startMs;
    if (silentMs > limitMs && this.#main?.exitCode === null && this.#main.signalCode === null) {
      this.kills.push(this.#isReady ? 'watchdog' : 'never ready');
      this.#lastSign = performance.now();
      this.#main.kill('SIGKILL');
    }
    const calls = existsSync(this.#calls) ? readFileSync(this.#calls, 'utf8').split('\n').slice(0, -1) : [];
    const news = calls.slice(this.#callsSeen);
    this.#callsSeen = calls.length;
    if (news.some((call) => /\brestart ferryman\.service$/.test(call))) void this.#end();
  }
}

function readUnit(file: string): ReadonlyMap<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

/** A folder for PATH with a systemctl that only notes how it is called; systemd is "there" from now on. */
export function fakeSystemctl(root: string): string {
  const folder = join(root, 'fakes');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
  writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\necho "$@" >>${root}/systemctl.calls\n`, {
    mode: 0o755,
  });
  return folder;
}
