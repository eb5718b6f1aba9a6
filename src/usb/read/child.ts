/**
 * One stock tool at work on a stick, in a process of its own: a device that hangs or lies can hurt that process only.
 *
 * The child gets an environment built from empty, a ceiling on memory, and dies with its parent. It is watched: silence for
 * too long, or a trickle, ends it. A child that hangs in the kernel is sent SIGKILL and left behind, never waited for.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { FerrymanError, isSystemError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';

export interface ChildSettings {
  readonly path: string;
  readonly stallMs: number;
}

export interface Ended {
  /** `undefined` when a signal ended it. */
  readonly exitCode: number | undefined;
  /** The beginning of what it wrote on stderr, fit to be printed, in one line. */
  readonly said: string;
}

/** Address space: tools that walk a hostile structure may be made to ask for more and more. */
const maxMemoryBytes = 1024 ** 3;
/** A stick that is slower on average counts as stalled: else one byte at a time would hold the reader for ever. */
const minBytesPerSecond = 16 * 1024;
const maxSaid = 4096;
/** After SIGKILL; what has not ended by then hangs in the kernel and ends when the device does. */
const graceMs = 2000;
/** The exit status of prlimit, setpriv and nsenter when there is no such program. */
const noSuchProgram = 127;

/** setpriv, prlimit and nsenter become the program that they are given, so all are one process with one pid. */
const wrapper = [
  'setpriv',
  '--pdeathsig',
  'KILL',
  '--',
  'prlimit',
  `--as=${maxMemoryBytes}`,
  '--core=0',
  '--',
];

export class Child {
  readonly #name: string;
  readonly #settings: ChildSettings;
  readonly #process: ChildProcess;
  readonly #ended: Promise<Ended>;
  #isRunning = true;
  #failure: Error | undefined;
  /** Of the step that is being waited for. */
  #refuse: ((error: Error) => void) | undefined;

  constructor(command: readonly string[], settings: ChildSettings, stdin: 'pipe' | 'ignore') {
    this.#name = command.find((word) => !word.startsWith('-')) ?? '';
    this.#settings = settings;
    const [program = '', ...args] = [...wrapper, ...command];
    this.#process = spawn(program, args, {
      cwd: '/',
      env: environment(settings.path),
      stdio: [stdin, 'pipe', 'pipe'],
      detached: true, // a group of its own, to be ended with all that it has started
    });
    for (const stream of this.#streams()) stream.on('error', () => undefined); // EPIPE and the like: its end tells why
    this.#ended = this.#follow();
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * What it writes, until it ends. Time in which nobody asks for more does not count as silence.
   *
   * @throws FerrymanError `usb.stalled`; what {@link fail} was given
   */
  async *output(): AsyncGenerator<Buffer> {
    const { stdout } = this.#process;
    if (!stdout) return;
    const chunks: AsyncIterator<Buffer> = stdout[Symbol.asyncIterator]();
    const { stallMs } = this.#settings;
    let bytes = 0;
    let waitedMs = 0;
    for (;;) {
      const askedAt = performance.now();
      const earnedMs = stallMs + (bytes / minBytesPerSecond) * 1000;
      const next = await this.#within(chunks.next(), Math.min(stallMs, earnedMs - waitedMs));
      if (next.done) return;
      waitedMs += performance.now() - askedAt;
      bytes += next.value.length;
      yield next.value;
    }
  }

  /** Gives it something to read; settles when the bytes are not needed any more. Does nothing once it has ended. @throws as {@link output} */
  async feed(bytes: Buffer): Promise<void> {
    const { stdin } = this.#process;
    if (!stdin?.writable) return;
    const taken = new Promise<void>((resolve) => {
      stdin.write(bytes, () => resolve());
    });
    await this.#within(taken, this.#settings.stallMs);
  }

  endInput(): void {
    this.#process.stdin?.end();
  }

  /** Waits for its end; whatever it still writes is thrown away. @throws as {@link output}, and `usb.tool` */
  async finish(): Promise<Ended> {
    this.#process.stdout?.resume();
    const ended = await this.#within(this.#ended, this.#settings.stallMs);
    if (ended.exitCode === noSuchProgram)
      throw new FerrymanError(
        'usb.tool',
        `${this.#name}: expected the program on this machine: ${ended.said}`,
      );
    return ended;
  }

  /** Ends it at once; whoever waits for it is told this error. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.kill();
    this.#refuse?.(this.#failure);
  }

  kill(): void {
    if (!this.#isRunning || this.#process.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, 'SIGKILL');
    } catch (error) {
      if (!isSystemError(error, 'ESRCH')) throw error; // it ended just before
    }
  }

  /** Ends it if it has not ended, and lets go of its pipes, whether or not the kernel lets go of it. */
  async dispose(): Promise<void> {
    this.kill();
    for (const stream of this.#streams()) stream.destroy();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([this.#ended, patience]);
    clearTimeout(timer);
    this.#process.unref();
  }

  #streams(): (Readable | Writable)[] {
    const { stdin, stdout, stderr } = this.#process;
    return [stdin, stdout, stderr].filter((stream) => stream !== null);
  }

  #follow(): Promise<Ended> {
    let said = '';
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      if (said.length < maxSaid) said += chunk.toString('latin1').slice(0, maxSaid - said.length);
    });
    this.#process.once('exit', () => {
      this.#isRunning = false;
    });
    return new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#isRunning = false;
        resolve({ exitCode: noSuchProgram, said: error.message });
      });
      this.#process.once('close', (code) => resolve({ exitCode: code ?? undefined, said: inOneLine(said) }));
    });
  }

  /** Not Promise.race on one long promise: that would keep every chunk of a file in memory until the child ends. */
  #within<Result>(step: Promise<Result>, limitMs: number): Promise<Result> {
    if (this.#failure) {
      step.catch(() => undefined);
      return Promise.reject(this.#failure);
    }
    return new Promise<Result>((resolve, reject) => {
      const seconds = Math.round(this.#settings.stallMs / 1000);
      const timer = setTimeout(() => {
        this.fail(
          new FerrymanError('usb.stalled', `${this.#name}: expected the key to answer, waited ${seconds} s`),
        );
      }, limitMs);
      const settle = () => {
        clearTimeout(timer);
        this.#refuse = undefined;
      };
      this.#refuse = (error) => {
        settle();
        reject(error);
      };
      step.finally(settle).then(resolve, reject);
    });
  }
}

/** Nothing of the daemon's own; the settings of mtools that a user or an earlier session may have left do not count. */
function environment(path: string): Record<string, string> {
  return {
    PATH: path,
    HOME: '/',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    MTOOLSRC: '/dev/null',
    // Sticks from the shop have sector counts that the check of mtools refuses, and that every other system reads.
    MTOOLS_SKIP_CHECK: '1',
    // A short name without a case of its own, `PASS.ZIP`, is shown as `pass.zip`; FAT does not tell them apart.
    MTOOLS_LOWER_CASE: '1',
  };
}

function inOneLine(text: string): string {
  return printable(text.trim().replaceAll(/\s*[\r\n]+\s*/g, '; '));
}
